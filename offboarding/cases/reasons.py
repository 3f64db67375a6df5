"""Why customers leave, in the words of Stripe's cancellation feedback."""

from enum import StrEnum


class ChurnReason(StrEnum):
    """A churn reason; maps one to one to Stripe's `cancellation_details.feedback`."""

    TOO_EXPENSIVE = "too_expensive"
    MISSING_FEATURES = "missing_features"
    UNUSED = "unused"
    SWITCHED_SERVICE = "switched_service"
    LOW_QUALITY = "low_quality"
    CUSTOMER_SERVICE = "customer_service"
    TOO_COMPLEX = "too_complex"
    OTHER = "other"
