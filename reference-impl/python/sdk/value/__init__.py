"""Serves entities whose state is one message, which a command replaces or removes.

    profile = value.Entity(service, "profile", Profile)

    @profile.command("ChangeEmail")
    def change_email(ctx: value.Context[Profile], request: ChangeEmailRequest) -> ChangeEmailResponse:
        profile = ctx.current  # a copy; None where there is no value
        if profile is None:
            raise sdk.Error(sdk.Code.NOT_FOUND, f"there is no profile of {ctx.entity_id}")
        profile.email = request.email
        ctx.update(profile)  # or update(profile, life=timedelta(days=30)), or delete()
        return ChangeEmailResponse()

A command that fails leaves the value as it was, whatever it had done to it (VAL-FAIL-004).

Read on in this order: entity.py, context.py, activation.py, service.py.
"""

from sdk.value.context import Context
from sdk.value.entity import Entity

__all__ = ["Context", "Entity"]
