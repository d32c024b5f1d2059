"""The value entity of README.md."""

from stateward.samples.profile.v1 import profile_pb2
from stateward.samples.profile.v1.profile_pb2 import (
    ChangeEmailRequest,
    ChangeEmailResponse,
    DeleteProfileRequest,
    DeleteProfileResponse,
    GetProfileRequest,
    GetProfileResponse,
    PutProfileRequest,
    PutProfileResponse,
)
from stateward.samples.profile.v1.stored_pb2 import Profile

import sdk
from sdk import value

profile = value.Entity(profile_pb2.DESCRIPTOR.services_by_name["CustomerProfileService"], "profile", Profile)


async def checked(email: str) -> str:
    if "@" not in email:
        raise sdk.Error(sdk.Code.INVALID_ARGUMENT, f"{email!r} is no address")
    return email


@profile.command("ChangeEmail")
async def change_email(ctx: value.Context[Profile], request: ChangeEmailRequest) -> ChangeEmailResponse:
    profile = ctx.current  # a copy; None where there is no value
    if profile is None:
        raise sdk.Error(sdk.Code.NOT_FOUND, f"there is no profile of {ctx.entity_id}")
    profile.email = await checked(request.email)
    ctx.update(profile)  # or update(profile, life=timedelta(days=30)), or delete()
    return ChangeEmailResponse()


@profile.command("PutProfile")
def put_profile(ctx: value.Context[Profile], request: PutProfileRequest) -> PutProfileResponse:
    ctx.update(request.profile)
    return PutProfileResponse()


@profile.command("GetProfile")
def get_profile(ctx: value.Context[Profile], request: GetProfileRequest) -> GetProfileResponse:
    return GetProfileResponse(profile=ctx.current)


@profile.command("DeleteProfile")
def delete_profile(ctx: value.Context[Profile], request: DeleteProfileRequest) -> DeleteProfileResponse:
    ctx.delete()
    return DeleteProfileResponse()
