"""Stands in for offboard.application: ready when Rasa is."""

from typing import Any

import httpx
from fastapi import FastAPI, Response


def create_application(settings: Any) -> FastAPI:
    application = FastAPI()

    @application.get("/readyz")
    async def ready(response: Response) -> dict[str, str]:
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                await client.get(f"{settings.rasa_url}/webhooks/gateway/")
        except httpx.HTTPError:
            response.status_code = 503
            return {"database": "ok", "rasa": "not answering"}
        return {"database": "ok", "rasa": "ok"}

    return application
