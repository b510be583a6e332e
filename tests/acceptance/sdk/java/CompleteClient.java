import com.huaweicloud.sdk.core.HcClient;
import com.huaweicloud.sdk.core.http.FieldExistence;
import com.huaweicloud.sdk.core.http.HttpMethod;
import com.huaweicloud.sdk.core.http.HttpRequestDef;
import com.huaweicloud.sdk.core.http.LocationType;
import com.huaweicloud.sdk.metastudio.v1.MetaStudioClient;

/** The vendor's client with the operations that it lacks, as its own are defined. */
class CompleteClient extends MetaStudioClient {
    private static final HttpRequestDef<PageRequest, Answers.UserQuotas> LIST_USER_QUOTAS =
            list("ListUserQuotas", "/v1/{project_id}/user/quotas", Answers.UserQuotas.class)
                    .withResponseField(
                            "X-Request-Id",
                            LocationType.Header,
                            FieldExistence.NULL_IGNORE,
                            String.class,
                            field -> field.withMarshaller(
                                    Answers.UserQuotas::getRequestId, Answers.UserQuotas::setRequestId))
                    .build();

    private static final HttpRequestDef<PageRequest, Answers.VoiceTraining> SHOW_VOICE_TRAINING_QUOTAS =
            list(
                            "ShowVoiceTrainingQuotas",
                            "/v1/{project_id}/voice-training-manage/quotas",
                            Answers.VoiceTraining.class)
                    .build();

    CompleteClient(HcClient client) {
        super(client);
    }

    Answers.UserQuotas listUserQuotas(PageRequest request) {
        return hcClient.syncInvokeHttp(request, LIST_USER_QUOTAS);
    }

    Answers.VoiceTraining showVoiceTrainingQuotas(PageRequest request) {
        return hcClient.syncInvokeHttp(request, SHOW_VOICE_TRAINING_QUOTAS);
    }

    private static <A> HttpRequestDef.Builder<PageRequest, A> list(String name, String path, Class<A> answer) {
        return HttpRequestDef.builder(HttpMethod.GET, PageRequest.class, answer)
                .withName(name)
                .withUri(path)
                .withContentType("application/json")
                .withRequestField(
                        "limit",
                        LocationType.Query,
                        FieldExistence.NULL_IGNORE,
                        Integer.class,
                        field -> field.withMarshaller(PageRequest::getLimit, PageRequest::setLimit))
                .withRequestField(
                        "offset",
                        LocationType.Query,
                        FieldExistence.NULL_IGNORE,
                        Integer.class,
                        field -> field.withMarshaller(PageRequest::getOffset, PageRequest::setOffset));
    }
}
