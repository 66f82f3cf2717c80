"""The two query parameters that every list takes; it must not read a token, only its service does."""

from typing import Annotated

from fastapi import Query

from carillon_gateway.http.models.shapes import PAGE_SIZE_LIMIT, PAGE_TOKEN_LENGTH, Text

PageSize = Annotated[int, Query(ge=1, le=PAGE_SIZE_LIMIT, description="Entries a page at most", examples=[50])]
PageToken = Annotated[
    Text, Query(max_length=PAGE_TOKEN_LENGTH, description="next_page_token of the page before; empty for the first")
]
DEFAULT_PAGE_SIZE = 50
