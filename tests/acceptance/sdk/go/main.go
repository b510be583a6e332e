// Reads the three MetaStudio APIs with the vendor's Go SDK, and prints what it read. vendor_sdks.py describes the arguments,
// the variables and the output.
package main

import (
	"encoding/json"
	"errors"
	"log"
	"os"
	"strconv"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	metastudio "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/metastudio/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/metastudio/v1/model"
)

// sources is mandatory for tenant resources.
const sources = "PURCHASED,SP_ALLOCATED,ADMIN_ALLOCATED"

// page is one answer. Its fields point to what the SDK read: they are nil if the SDK read nothing.
type page struct {
	Count     *float32                     `json:"count"`
	Rows      interface{}                  `json:"rows"`
	Available *model.ResourceAvailableNums `json:"resource_available_nums,omitempty"`
	RequestID *string                      `json:"request_id,omitempty"`

	length int
}

// failure is the cloud's error.
type failure struct {
	Status    int    `json:"status"`
	Code      string `json:"code"`
	Message   string `json:"message"`
	RequestID string `json:"request_id"`
}

// list is what the SDK read of one API: all pages, or an error.
type list struct {
	Pages []page   `json:"pages,omitempty"`
	Error *failure `json:"error,omitempty"`
}

func main() {
	log.SetFlags(0)
	limit, err := strconv.ParseInt(os.Args[1], 10, 32)
	check(err)
	client := newClient()
	check(json.NewEncoder(os.Stdout).Encode(map[string]list{
		"user_quotas":      userQuotas(client, int32(limit)),
		"voice_training":   voiceTraining(client, int32(limit)),
		"tenant_resources": tenantResources(client, int32(limit)),
	}))
}

// newClient gets the project ID from IAM if HUAWEICLOUD_SDK_PROJECT_ID is not set.
func newClient() *metastudio.MetaStudioClient {
	credentials, err := basic.NewCredentialsBuilder().
		WithAk(os.Getenv("HUAWEICLOUD_SDK_AK")).
		WithSk(os.Getenv("HUAWEICLOUD_SDK_SK")).
		WithSecurityToken(os.Getenv("HUAWEICLOUD_SDK_SECURITY_TOKEN")).
		WithProjectId(os.Getenv("HUAWEICLOUD_SDK_PROJECT_ID")).
		WithIamEndpointOverride(os.Getenv("HUAWEICLOUD_SDK_IAM_ENDPOINT")).
		SafeBuild()
	check(err)
	client, err := metastudio.MetaStudioClientBuilder().
		WithCredential(credentials).
		WithRegion(region.NewRegion(os.Getenv("METASTUDIO_REGION"), os.Getenv("METASTUDIO_ENDPOINT"))).
		SafeBuild()
	check(err)
	return metastudio.NewMetaStudioClient(client)
}

func userQuotas(client *metastudio.MetaStudioClient, limit int32) list {
	return everyPage(func(offset int32) (page, error) {
		answer, err := client.ListUserQuotas(&model.ListUserQuotasRequest{Limit: &limit, Offset: &offset})
		if err != nil {
			return page{}, err
		}
		return page{
			Count: float(answer.Count), Rows: answer.Assets, RequestID: answer.XRequestId,
			length: len(*answer.Assets),
		}, nil
	})
}

func voiceTraining(client *metastudio.MetaStudioClient, limit int32) list {
	return everyPage(func(offset int32) (page, error) {
		request := &model.ShowVoiceTrainingQuotasRequest{Limit: &limit, Offset: &offset}
		answer, err := client.ShowVoiceTrainingQuotas(request)
		if err != nil {
			return page{}, err
		}
		return page{
			Count: float(answer.Count), Rows: answer.Resources, Available: answer.ResourceAvailableNums,
			length: len(*answer.Resources),
		}, nil
	})
}

func tenantResources(client *metastudio.MetaStudioClient, limit int32) list {
	return everyPage(func(offset int32) (page, error) {
		request := &model.ListTenantResourcesRequest{Limit: &limit, Offset: &offset, ResourceSource: sources}
		answer, err := client.ListTenantResources(request)
		if err != nil {
			return page{}, err
		}
		return page{
			Count: &answer.Count, Rows: answer.Resources, RequestID: answer.XRequestId,
			length: len(*answer.Resources),
		}, nil
	})
}

// float is nil if the SDK read nothing.
func float(count *int32) *float32 {
	if count == nil {
		return nil
	}
	number := float32(*count)
	return &number
}

// everyPage reads pages until all rows are read or a page is empty.
func everyPage(read func(offset int32) (page, error)) list {
	var pages []page
	for rows := int32(0); ; {
		answer, err := read(rows)
		if err != nil {
			return list{Error: cloudError(err)}
		}
		pages = append(pages, answer)
		rows += int32(answer.length)
		if answer.length == 0 || float32(rows) >= *answer.Count {
			return list{Pages: pages}
		}
	}
}

// cloudError is the cloud's answer. Any other error ends the program.
func cloudError(err error) *failure {
	var answer *sdkerr.ServiceResponseError
	if !errors.As(err, &answer) {
		log.Fatal(err)
	}
	return &failure{answer.StatusCode, answer.ErrorCode, answer.ErrorMessage, answer.RequestId}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
