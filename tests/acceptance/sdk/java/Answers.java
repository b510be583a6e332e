import com.fasterxml.jackson.annotation.JsonProperty;
import com.huaweicloud.sdk.core.SdkResponse;
import java.util.List;
import java.util.Map;

/** The answers of the operations that the vendor's Java SDK lacks. Rows are as the cloud sent them. */
final class Answers {
    private Answers() {}

    /** The answer of ListUserQuotas. */
    public static class UserQuotas extends SdkResponse {
        @JsonProperty Integer count;
        @JsonProperty List<Map<String, Object>> assets;
        String requestId;

        String getRequestId() {
            return requestId;
        }

        void setRequestId(String requestId) {
            this.requestId = requestId;
        }
    }

    /** The answer of ShowVoiceTrainingQuotas. */
    public static class VoiceTraining extends SdkResponse {
        @JsonProperty Integer count;
        @JsonProperty List<Map<String, Object>> resources;

        @JsonProperty("resource_available_nums")
        Map<String, Integer> available;
    }
}
