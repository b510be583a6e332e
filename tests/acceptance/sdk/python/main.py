"""Reads the three MetaStudio APIs with the vendor's Python SDK, and prints what it read. vendor_sdks.py describes the
arguments, the variables and the output."""

import json
import os
import sys

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkmetastudio.v1 import (
    ListTenantResourcesRequest,
    ListUserQuotasRequest,
    MetaStudioClient,
    ShowVoiceTrainingQuotasRequest,
)

# Mandatory for tenant resources.
SOURCES = "PURCHASED,SP_ALLOCATED,ADMIN_ALLOCATED"


def main():
    limit = int(sys.argv[1])
    client = new_client()
    lists = {
        "user_quotas": user_quotas(client, limit),
        "voice_training": voice_training(client, limit),
        "tenant_resources": tenant_resources(client, limit),
    }
    print(json.dumps(lists))


def new_client():
    """Gets the project ID from IAM if HUAWEICLOUD_SDK_PROJECT_ID is not set."""
    variables = os.environ
    credentials = BasicCredentials(
        ak=variables["HUAWEICLOUD_SDK_AK"],
        sk=variables["HUAWEICLOUD_SDK_SK"],
        project_id=variables.get("HUAWEICLOUD_SDK_PROJECT_ID"),
    )
    credentials.with_security_token(variables.get("HUAWEICLOUD_SDK_SECURITY_TOKEN"))
    credentials.with_iam_endpoint(variables["HUAWEICLOUD_SDK_IAM_ENDPOINT"])
    region = Region(variables["METASTUDIO_REGION"], variables["METASTUDIO_ENDPOINT"])
    return MetaStudioClient.new_builder().with_credentials(credentials).with_region(region).build()


def user_quotas(client, limit):
    def read(offset):
        answer = client.list_user_quotas(ListUserQuotasRequest(limit=limit, offset=offset))
        return {"count": answer.count, "rows": documents(answer.assets), "request_id": answer.x_request_id}

    return every_page(read)


def voice_training(client, limit):
    def read(offset):
        request = ShowVoiceTrainingQuotasRequest(limit=limit, offset=offset)
        answer = client.show_voice_training_quotas(request)
        available = document(answer.resource_available_nums.to_dict())
        return {
            "count": answer.count,
            "rows": documents(answer.resources),
            "resource_available_nums": available,
        }

    return every_page(read)


def tenant_resources(client, limit):
    def read(offset):
        request = ListTenantResourcesRequest(limit=limit, offset=offset, resource_source=SOURCES)
        answer = client.list_tenant_resources(request)
        return {"count": answer.count, "rows": documents(answer.resources), "request_id": answer.x_request_id}

    return every_page(read)


def every_page(read):
    """Reads pages until all rows are read or a page is empty; or returns the cloud's error."""
    pages, rows = [], 0
    try:
        while True:
            page = read(rows)
            pages.append(page)
            rows += len(page["rows"])
            if not page["rows"] or rows >= page["count"]:
                return {"pages": pages}
    except ServiceResponseException as error:
        return {
            "error": {
                "status": error.status_code,
                "code": error.error_code,
                "message": error.error_msg,
                "request_id": error.request_id,
            }
        }


def documents(models):
    return [document(model.to_dict()) for model in models]


def document(model):
    """A model of the SDK as the JSON from which it was read. Absent fields are None in the SDK."""
    if isinstance(model, dict):
        return {name: document(value) for name, value in model.items() if value is not None}
    return model


if __name__ == "__main__":
    main()
