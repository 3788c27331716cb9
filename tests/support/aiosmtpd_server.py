"""A mail server by other people: prints its port, then each mail it took as one line of JSON. Ends with its input.

aiosmtpd_server.py [CERTIFICATE KEY]: with these it wants STARTTLS and the login robot / s3cret.
"""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Handler:
    async def handle_DATA(self, server, session, envelope):
        mail = envelope.original_content.decode("latin-1")
        print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos, "encrypted": session.ssl is not None, "mail": mail}), flush=True)
        return "250 2.0.0 taken"


def authenticate(server, session, envelope, mechanism, login):
    right = isinstance(login, LoginPassword) and (login.login, login.password) == (b"robot", b"s3cret")
    return AuthResult(success=right, handled=right)


async def main(certificate=None, key=None):
    options = {}
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        options = {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": authenticate}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), hostname="mail.example.org", loop=loop, **options), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main(*sys.argv[1:]))
