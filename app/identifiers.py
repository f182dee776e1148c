"""Ids as clients may choose them."""

from typing import Annotated

from pydantic import AfterValidator, Field

from frmk.errors import FieldError
from frmk.runs.ids import check_id

PATTERN = r"^[A-Za-z0-9._~:-]{1,128}$"


def _checked(value: str) -> str:
    try:
        return check_id(value, "id")
    except FieldError as error:
        raise ValueError(str(error)) from error


ClientId = Annotated[str, AfterValidator(_checked), Field(json_schema_extra={"pattern": PATTERN})]
