"""What can be wrong with something that crossed a wire.

ContractError
├── MalformedError      not one JSON object, duplicate keys, NaN, too large
├── VersionError        a schema or a major version that is not known here
├── SchemaError         fields that the schema does not allow
└── SignatureError      no signature, an unknown key, or bytes that it does not cover
"""


class ContractError(Exception):
    reason = "contract"  # the word that an acknowledgement carries


class MalformedError(ContractError):
    reason = "malformed"


class VersionError(ContractError):
    reason = "version"


class SchemaError(ContractError):
    reason = "schema"


class SignatureError(ContractError):
    reason = "signature"
