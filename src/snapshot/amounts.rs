//! Amounts in a few bytes each: limits and usages are whole numbers, nearly always.
//!
//! An amount is one number in LEB128, 7 bits a byte with the low bits first: 0 for an unknown amount, 1 for infinity, 2
//! for an amount whose eight bytes follow, else a whole number plus 3.

const UNKNOWN: u64 = 0;
const INFINITE: u64 = 1;
const BYTES_FOLLOW: u64 = 2;
const FIRST_WHOLE: u64 = 3;

/// From here on not every whole number is an `f64`.
const END_OF_WHOLE: f64 = 9_007_199_254_740_992.0;

/// Appends an amount.
pub(super) fn write(bytes: &mut Vec<u8>, amount: Option<f64>) {
    match amount {
        None => write_number(bytes, UNKNOWN),
        Some(f64::INFINITY) => write_number(bytes, INFINITE),
        Some(amount) => {
            if let Some(whole) = whole(amount) {
                return write_number(bytes, FIRST_WHOLE + whole);
            }
            write_number(bytes, BYTES_FOLLOW);
            bytes.extend(amount.to_le_bytes());
        }
    }
}

/// Reads the amount at the beginning of `bytes`, and leaves those after it. Without any bytes the amount is unknown.
pub(super) fn read(bytes: &mut &[u8]) -> Option<f64> {
    match read_number(bytes) {
        UNKNOWN => None,
        INFINITE => Some(f64::INFINITY),
        BYTES_FOLLOW => {
            let (amount, rest) = bytes.split_first_chunk()?;
            *bytes = rest;
            Some(f64::from_le_bytes(*amount))
        }
        number => Some((number - FIRST_WHOLE) as f64),
    }
}

/// The amount as an integer, if it is one without a loss.
fn whole(amount: f64) -> Option<u64> {
    let is_whole =
        (0.0..END_OF_WHOLE).contains(&amount) && amount.fract() == 0.0 && amount.is_sign_positive();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    is_whole.then_some(amount as u64)
}

fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn read_number(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let Some((byte, rest)) = bytes.split_first() else { break };
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_amount_is_read_as_it_was_written() {
        let amounts = [
            (None, 1),
            (Some(f64::INFINITY), 1),
            (Some(0.0), 1),
            (Some(124.0), 1),
            (Some(125.0), 2),
            (Some(16_380.0), 2),
            (Some(16_381.0), 3),
            (Some(END_OF_WHOLE - 1.0), 8),
            (Some(END_OF_WHOLE), 9),
            (Some(1e300), 9),
            (Some(0.1), 9),
            (Some(f64::MIN_POSITIVE), 9),
            (Some(-1.0), 9),
            (Some(-0.0), 9),
            (Some(f64::NEG_INFINITY), 9),
        ];
        let mut bytes = Vec::new();
        for (amount, size) in amounts {
            let before = bytes.len();
            write(&mut bytes, amount);
            assert_eq!(bytes.len() - before, size, "{amount:?}");
        }
        let mut rest = &bytes[..];
        for (amount, _) in amounts {
            assert_eq!(read(&mut rest).map(f64::to_bits), amount.map(f64::to_bits));
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn an_amount_that_is_cut_off_is_unknown_or_smaller_but_never_a_panic() {
        assert_eq!(read(&mut &[][..]), None);
        assert_eq!(read(&mut &[2, 1, 2][..]), None);
        assert_eq!(read(&mut &[0xff; 20][..]).map(f64::is_finite), Some(true));
    }
}
