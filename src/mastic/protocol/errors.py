"""One class per AWS error code. The rule that finds the problem raises it, with a message a person can act on."""

from __future__ import annotations

from typing import ClassVar


class AwsError(Exception):
    """An error as AWS reports it: a code, an HTTP status and a message naming the field and the value."""

    code: ClassVar[str] = "InternalServiceException"
    status: ClassVar[int] = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class AccessDeniedException(AwsError):
    code = "AccessDeniedException"


class AlreadyExistsException(AwsError):
    code = "AlreadyExistsException"


class ConcurrentModificationException(AwsError):
    code = "ConcurrentModificationException"


class ConcurrentRunsExceededException(AwsError):
    code = "ConcurrentRunsExceededException"


class EntityNotFoundException(AwsError):
    code = "EntityNotFoundException"


class IdempotentParameterMismatchException(AwsError):
    code = "IdempotentParameterMismatchException"


class IllegalSessionStateException(AwsError):
    code = "IllegalSessionStateException"


class InternalServiceException(AwsError):
    code = "InternalServiceException"
    status = 500


class InvalidInputException(AwsError):
    code = "InvalidInputException"


class InvalidStateException(AwsError):
    code = "InvalidStateException"


class OperationNotSupportedException(AwsError):
    """The operation exists in AWS and is not there yet in Mastic."""

    code = "OperationNotSupportedException"


class OperationTimeoutException(AwsError):
    code = "OperationTimeoutException"


class ResourceNotReadyException(AwsError):
    code = "ResourceNotReadyException"


class ResourceNumberLimitExceededException(AwsError):
    code = "ResourceNumberLimitExceededException"


class VersionMismatchException(AwsError):
    code = "VersionMismatchException"


# Codes of the protocol itself, common to every AWS JSON service.


class ExpiredTokenException(AwsError):
    code = "ExpiredTokenException"


class IncompleteSignatureException(AwsError):
    code = "IncompleteSignatureException"


class InvalidSignatureException(AwsError):
    code = "InvalidSignatureException"


class MissingAuthenticationTokenException(AwsError):
    code = "MissingAuthenticationTokenException"


class SignatureTooOld(InvalidSignatureException):
    """Signed more than 15 minutes ago. S3 calls it RequestTimeTooSkewed."""


class SignatureTooNew(InvalidSignatureException):
    """Signed more than 15 minutes ahead of our clock. S3 calls it RequestTimeTooSkewed."""


class RequestExpired(AwsError):
    """A presigned request was used after its X-Amz-Expires."""

    code = "RequestExpired"


class RequestEntityTooLargeException(AwsError):
    code = "RequestEntityTooLargeException"
    status = 413


class SerializationException(AwsError):
    code = "SerializationException"


class UnknownOperationException(AwsError):
    code = "UnknownOperationException"


class UnrecognizedClientException(AwsError):
    code = "UnrecognizedClientException"


class ValidationException(AwsError):
    code = "ValidationException"


class ResourceNotFoundException(AwsError):
    """CloudWatch Logs' and Secrets Manager's word for what Glue calls EntityNotFoundException."""

    code = "ResourceNotFoundException"


class ResourceExistsException(AwsError):
    """Secrets Manager's word for AlreadyExistsException."""

    code = "ResourceExistsException"


class InvalidParameterException(AwsError):
    """CloudWatch Logs' and Secrets Manager's word for InvalidInputException."""

    code = "InvalidParameterException"


class ResourceAlreadyExistsException(AwsError):
    """CloudWatch Logs' word for AlreadyExistsException."""

    code = "ResourceAlreadyExistsException"


class InvalidRequestException(AwsError):
    """Secrets Manager: the secret's state does not allow it."""

    code = "InvalidRequestException"


class InvalidNextTokenException(AwsError):
    code = "InvalidNextTokenException"
