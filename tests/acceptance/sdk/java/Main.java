import com.huaweicloud.sdk.core.ClientBuilder;
import com.huaweicloud.sdk.core.auth.BasicCredentials;
import com.huaweicloud.sdk.core.exception.ServiceResponseException;
import com.huaweicloud.sdk.core.http.HttpConfig;
import com.huaweicloud.sdk.core.region.Region;
import com.huaweicloud.sdk.core.utils.JsonUtils;
import com.huaweicloud.sdk.metastudio.v1.model.ListTenantResourcesRequest;
import com.huaweicloud.sdk.metastudio.v1.model.ListTenantResourcesResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Reads the three MetaStudio APIs with the vendor's Java SDK, and prints what it read. vendor_sdks.py describes the
 * arguments, the variables and the output.
 */
public final class Main {
    /** Mandatory for tenant resources. */
    private static final String SOURCES = "PURCHASED,SP_ALLOCATED,ADMIN_ALLOCATED";

    /** One answer, for the output, and the number of its rows. */
    private record Page(Map<String, Object> fields, int count, int rows) {}

    private Main() {}

    public static void main(String[] arguments) {
        int limit = Integer.parseInt(arguments[0]);
        CompleteClient client = client();
        System.out.println(JsonUtils.toJSON(Map.of(
                "user_quotas", userQuotas(client, limit),
                "voice_training", voiceTraining(client, limit),
                "tenant_resources", tenantResources(client, limit))));
    }

    /** A client that gets the project ID from IAM if HUAWEICLOUD_SDK_PROJECT_ID is not set. */
    private static CompleteClient client() {
        Map<String, String> variables = System.getenv();
        BasicCredentials credentials = new BasicCredentials()
                .withAk(variables.get("HUAWEICLOUD_SDK_AK"))
                .withSk(variables.get("HUAWEICLOUD_SDK_SK"))
                .withSecurityToken(variables.get("HUAWEICLOUD_SDK_SECURITY_TOKEN"))
                .withProjectId(variables.get("HUAWEICLOUD_SDK_PROJECT_ID"))
                .withIamEndpoint(variables.get("HUAWEICLOUD_SDK_IAM_ENDPOINT"));
        return new ClientBuilder<>(CompleteClient::new)
                .withCredential(credentials)
                .withRegion(new Region(variables.get("METASTUDIO_REGION"), variables.get("METASTUDIO_ENDPOINT")))
                .withHttpConfig(HttpConfig.getDefaultHttpConfig())
                .build();
    }

    private static Map<String, Object> userQuotas(CompleteClient client, int limit) {
        return everyPage(offset -> {
            Answers.UserQuotas answer = client.listUserQuotas(new PageRequest(limit, offset));
            Map<String, Object> page = new LinkedHashMap<>();
            page.put("count", answer.count);
            page.put("rows", answer.assets);
            page.put("request_id", answer.getRequestId());
            return new Page(page, answer.count, answer.assets.size());
        });
    }

    private static Map<String, Object> voiceTraining(CompleteClient client, int limit) {
        return everyPage(offset -> {
            Answers.VoiceTraining answer = client.showVoiceTrainingQuotas(new PageRequest(limit, offset));
            Map<String, Object> page = new LinkedHashMap<>();
            page.put("count", answer.count);
            page.put("rows", answer.resources);
            page.put("resource_available_nums", answer.available);
            return new Page(page, answer.count, answer.resources.size());
        });
    }

    private static Map<String, Object> tenantResources(CompleteClient client, int limit) {
        return everyPage(offset -> {
            ListTenantResourcesResponse answer = client.listTenantResources(new ListTenantResourcesRequest()
                    .withLimit(limit)
                    .withOffset(offset)
                    .withResourceSource(SOURCES));
            Map<String, Object> page = new LinkedHashMap<>();
            page.put("count", answer.getCount());
            page.put("rows", answer.getResources());
            page.put("request_id", answer.getXRequestId());
            return new Page(page, answer.getCount().intValue(), answer.getResources().size());
        });
    }

    /** Reads pages until all rows are read or a page is empty; or returns the cloud's error. */
    private static Map<String, Object> everyPage(IntFunction<Page> read) {
        List<Map<String, Object>> pages = new ArrayList<>();
        int rows = 0;
        try {
            while (true) {
                Page page = read.apply(rows);
                pages.add(page.fields());
                rows += page.rows();
                if (page.rows() == 0 || rows >= page.count()) {
                    return Map.of("pages", pages);
                }
            }
        } catch (ServiceResponseException error) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("status", error.getHttpStatusCode());
            fields.put("code", error.getErrorCode());
            fields.put("message", error.getErrorMsg());
            fields.put("request_id", error.getRequestId());
            return Map.of("error", fields);
        }
    }
}
