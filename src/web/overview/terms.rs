//! What the API's own texts mean. New texts of the API have no meaning here and are shown as they are.

use super::language::{Language, Text};

/// The meaning of a quota item, a resource type, a key of the available resources, a business type, or a charge mode.
pub(super) fn term(language: Language, api_text: &str) -> Option<&'static str> {
    let meaning = match api_text {
        "modeling_count_2d_model" => Text("Digital human models", "分身数字人形象制作"),
        "modeling_count_2d_model_flexus" => {
            Text("Digital human models, Flexus edition", "分身数字人形象制作（Flexus 版）")
        }
        "video_time_2d_model" => Text("Digital human video time", "分身数字人视频制作时长"),
        "video_time_flexus_2d_model" => {
            Text("Digital human video time, Flexus edition", "分身数字人视频制作时长（Flexus 版）")
        }
        "voice_clone_basic" => Text("Voice cloning, basic edition", "声音克隆基础版"),
        "voice_clone_middle" => Text("Voice cloning, advanced edition", "声音克隆进阶版"),
        "voice_clone_advance" => Text("Voice cloning, premium edition", "声音克隆高级版"),
        "voice_clone_flexus" => Text("Voice cloning, Flexus edition", "声音克隆 Flexus 版"),
        "BASIC" | "basic" => Text("Basic edition", "基础版"),
        "MIDDLE" | "middle" => Text("Advanced edition", "进阶版"),
        "middle_on_demand" => Text("Advanced edition, trial", "进阶版（按需）"),
        "ADVANCE" | "advance" => Text("Premium edition", "高级版"),
        "FLEXUS" | "flexus" => Text("Flexus edition", "Flexus 版"),
        "THIRD_PARTY" | "third_party_cmww" => Text("Third party: DupDub (Mobvoi)", "第三方：出门问问"),
        "THIRD_PARTY_LJZN" => Text("Third party: AudioX", "第三方：逻辑智能"),
        "TTS_CMWW" => Text("Speech synthesis", "语音合成：出门问问"),
        "TTS_LJZN" => Text("Speech synthesis: AudioX", "语音合成：逻辑智能"),
        "ASSET_MANAGER" => Text("Storage", "资产存储"),
        "BUSINESS_CARD_2D" => Text("Business cards", "数字人名片"),
        "CHAT_2D" => Text("Interaction", "智能交互"),
        "FLEXUS_2D" => Text("Flexus packages", "Flexus 套餐包"),
        "LIVE_2D" => Text("Live streaming", "视频直播"),
        "MODELING_2D" => Text("Avatar making", "形象制作"),
        "MODELING_3D" => Text("3D avatar making", "3D 形象制作"),
        "PICTURE_2D" => Text("Photo avatars", "照片数字人"),
        "SYNTHETICS_SOUND" => Text("Synthetic speech", "语音合成"),
        "TTSA_3D" => Text("Speech driving", "语音驱动"),
        "VDS_3D" => Text("Visual driving", "视觉驱动"),
        "VIDEO_2D" => Text("Video making", "视频制作"),
        "VOICE_CLONE" => Text("Voice making", "声音制作"),
        "PERIODIC" => Text("yearly or monthly", "包周期"),
        "ONE_TIME" => Text("one-time", "一次性"),
        "ON_DEMAND" => Text("pay-per-use", "按需"),
        _ => return None,
    };
    Some(language.text(&meaning))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::data::ITEMS;

    #[test]
    fn the_documented_items_and_types_have_a_meaning_in_each_language() {
        let types = [
            "BASIC",
            "MIDDLE",
            "ADVANCE",
            "FLEXUS",
            "THIRD_PARTY",
            "THIRD_PARTY_LJZN",
            "TTS_CMWW",
            "TTS_LJZN",
            "ASSET_MANAGER",
            "BUSINESS_CARD_2D",
            "CHAT_2D",
            "FLEXUS_2D",
            "LIVE_2D",
            "MODELING_2D",
            "MODELING_3D",
            "PICTURE_2D",
            "SYNTHETICS_SOUND",
            "TTSA_3D",
            "VDS_3D",
            "VIDEO_2D",
            "VOICE_CLONE",
        ];
        let keys = ["flexus", "basic", "middle", "middle_on_demand", "advance", "third_party_cmww"];
        for language in Language::ALL {
            let mut meanings: Vec<_> =
                ITEMS.iter().chain(&types).map(|name| term(language, name).unwrap()).collect();
            meanings.sort_unstable();
            meanings.dedup();
            assert_eq!(meanings.len(), ITEMS.len() + types.len(), "no two mean the same");
            assert!(keys.iter().all(|key| term(language, key).is_some()));
            assert!(["PERIODIC", "ONE_TIME", "ON_DEMAND"].iter().all(|mode| term(language, mode).is_some()));
            assert_eq!((term(language, "new"), term(language, "NEW")), (None, None));
        }
    }
}
