//! Changes to single fields of a product.

use jiff::Timestamp;

use super::data::SimulatedProduct;

/// A field of a product and its new value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum ProductChange {
    /// `amount` in its unit; -1 is unlimited.
    Amount(f64),
    /// `usage` in its unit.
    Usage(f64),
    /// `resource_expire_time`
    ExpireTime(Timestamp),
    /// `status`: 0 normal, 1 frozen.
    Status(u8),
}

impl ProductChange {
    pub(super) const FIELDS: [&str; 4] = ["amount", "usage", "resource_expire_time", "status"];

    /// `None` if there is no such field, or if it does not accept the value.
    pub(super) fn parse(field: &str, value: &str) -> Option<Self> {
        let number = || value.parse().ok().filter(|number: &f64| number.is_finite());
        match field {
            "amount" => number().map(Self::Amount),
            "usage" => number().map(Self::Usage),
            "resource_expire_time" => value.parse().ok().map(Self::ExpireTime),
            "status" => value.parse().ok().map(Self::Status),
            _ => None,
        }
    }

    pub(super) fn apply(self, product: &mut SimulatedProduct) {
        match self {
            Self::Amount(amount) => product.amount = Some(amount),
            Self::Usage(usage) => product.usage = usage,
            Self::ExpireTime(at) => product.expires = Some(at),
            Self::Status(status) => product.status = status,
        }
    }
}
