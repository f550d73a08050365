"""``Authorization: Token …``: who a program speaks for."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from iiifsearch import tokens


class ApiTokenAuthentication(TokenAuthentication):
    """As Django REST framework reads the header; the token is one of ours."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        token = tokens.find(key)
        if token is None:
            raise AuthenticationFailed(
                "This token is not known: it may have been revoked. Make one at admin/token/."
            )
        return token.user, token
