//! What the API's own texts mean. The texts stay as they are; texts that are new have no meaning here.

/// Meanings in one language.
pub(in crate::web::overview) struct Terms {
    pub(super) modeling_count_2d_model: &'static str,
    pub(super) modeling_count_2d_model_flexus: &'static str,
    pub(super) video_time_2d_model: &'static str,
    pub(super) video_time_flexus_2d_model: &'static str,
    pub(super) voice_clone_basic: &'static str,
    pub(super) voice_clone_middle: &'static str,
    pub(super) voice_clone_advance: &'static str,
    pub(super) voice_clone_flexus: &'static str,

    pub(super) basic: &'static str,
    pub(super) middle: &'static str,
    pub(super) middle_on_demand: &'static str,
    pub(super) advance: &'static str,
    pub(super) flexus: &'static str,
    pub(super) third_party_cmww: &'static str,
    pub(super) third_party_ljzn: &'static str,
    pub(super) tts_cmww: &'static str,
    pub(super) tts_ljzn: &'static str,

    pub(super) periodic: &'static str,
    pub(super) one_time: &'static str,
    pub(super) on_demand: &'static str,
}

impl Terms {
    /// An item of a user's quota.
    pub(in crate::web::overview) fn item(&self, item: &str) -> Option<&'static str> {
        Some(match item {
            "modeling_count_2d_model" => self.modeling_count_2d_model,
            "modeling_count_2d_model_flexus" => self.modeling_count_2d_model_flexus,
            "video_time_2d_model" => self.video_time_2d_model,
            "video_time_flexus_2d_model" => self.video_time_flexus_2d_model,
            "voice_clone_basic" => self.voice_clone_basic,
            "voice_clone_middle" => self.voice_clone_middle,
            "voice_clone_advance" => self.voice_clone_advance,
            "voice_clone_flexus" => self.voice_clone_flexus,
            _ => return None,
        })
    }

    /// A type of a resource, or a key of what is available.
    pub(in crate::web::overview) fn resource_type(&self, resource_type: &str) -> Option<&'static str> {
        Some(match resource_type {
            "BASIC" | "basic" => self.basic,
            "MIDDLE" | "middle" => self.middle,
            "middle_on_demand" => self.middle_on_demand,
            "ADVANCE" | "advance" => self.advance,
            "FLEXUS" | "flexus" => self.flexus,
            "THIRD_PARTY" | "third_party_cmww" => self.third_party_cmww,
            "THIRD_PARTY_LJZN" => self.third_party_ljzn,
            "TTS_CMWW" => self.tts_cmww,
            "TTS_LJZN" => self.tts_ljzn,
            _ => return None,
        })
    }

    /// How a resource is paid.
    pub(in crate::web::overview) fn charge_mode(&self, charge_mode: &str) -> Option<&'static str> {
        Some(match charge_mode {
            "PERIODIC" => self.periodic,
            "ONE_TIME" => self.one_time,
            "ON_DEMAND" => self.on_demand,
            _ => return None,
        })
    }
}
