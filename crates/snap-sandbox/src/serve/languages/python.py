# doku-python-library 1.1.72, against a sandbox started with --danger-official-libraries;
# it needs flask and pycryptodome as well
from doku_python_library import DokuSNAP
from doku_python_library.src.commons import config

config._Development.BASE_URL = "{{base url}}"

snap = DokuSNAP(
    is_production=False,
    client_id="{{client id}}",
    secret_key="{{client secret}}",
    private_key="""{{private key}}""",
    merchant_public_key="""{{public key}}""",
    public_key="""{{DOKU's public key}}""",
    issuer="merchant",
)
