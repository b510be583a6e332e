//! `ListUserQuotas` in the plainest types of serde, as a reference: they lose a whole page for one bad field.

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Page {
    pub(crate) count: u64,
    pub(crate) assets: Vec<User>,
}

#[derive(Deserialize)]
// The names are the API's.
#[expect(clippy::struct_field_names)]
pub(crate) struct User {
    pub(crate) user_id: String,
    pub(crate) quota: Items,
    pub(crate) usage: Option<Items>,
}

#[derive(Deserialize)]
pub(crate) struct Items {
    pub(crate) modeling_count_2d_model: Option<i32>,
    pub(crate) modeling_count_2d_model_flexus: Option<i32>,
    pub(crate) video_time_2d_model: Option<f64>,
    pub(crate) video_time_flexus_2d_model: Option<f64>,
    pub(crate) voice_clone_basic: Option<i32>,
    pub(crate) voice_clone_middle: Option<i32>,
    pub(crate) voice_clone_advance: Option<i32>,
    pub(crate) voice_clone_flexus: Option<i32>,
}
