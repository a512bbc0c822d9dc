import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { Provider } from 'oidc-provider';

const env = process.env;
const issuer = env.ISSUER ?? 'http://localhost:8080';

/** Reads a value from NAME_FILE or NAME, without the newline that ends a file. */
function readSetting(name) {
  const file = env[`${name}_FILE`];
  return file ? readFileSync(file, 'utf8').replace(/\n$/, '') : env[name];
}

/** A signing key for this run only. */
function makeSigningKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'testbed' };
}

/** Every name logs in; the address follows from it, so an allow-list has something to refuse. */
async function findAccount(context, login) {
  return {
    accountId: login,
    claims: async () => ({
      sub: login,
      name: login,
      preferred_username: login,
      email: login.includes('@') ? login : `${login}@example.test`,
      email_verified: env.EMAIL_VERIFIED !== 'false',
      groups: (env.GROUPS ?? '').split(',').filter(Boolean),
    }),
  };
}

const readableTokens = {
  enabled: true,
  defaultResource: () => 'urn:testbed:api',
  getResourceServerInfo: () => ({
    scope: 'openid email profile',
    audience: 'urn:testbed:api',
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
  }),
  useGrantedResource: () => true,
};

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: env.CLIENT_ID ?? 'jacker',
      client_secret: readSetting('CLIENT_SECRET'),
      redirect_uris: (env.REDIRECT_URIS ?? '').split(',').filter(Boolean),
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
  ],
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name', 'preferred_username', 'groups'],
  },
  // Clients that read the ID token only (and never ask for user information) see the claims, too.
  conformIdTokenClaims: false,
  features: {
    devInteractions: { enabled: true },
    // Keycloak's access tokens are readable, and its clients read roles in them.
    ...(env.ACCESS_TOKEN_FORMAT === 'jwt' ? { resourceIndicators: readableTokens } : {}),
  },
  // Clients of GitLab ask for user information where GitLab has it, whatever the discovery says.
  ...(env.USERINFO_PATH ? { routes: { userinfo: env.USERINFO_PATH } } : {}),
  // A client without PKCE has to work as well.
  pkce: { required: () => false },
  scopes: ['openid', 'email', 'profile', 'offline_access'],
  findAccount,
  jwks: { keys: [makeSigningKey()] },
  cookies: { keys: [crypto.randomUUID()] },
});
// Behind a proxy that ends TLS, the issuer's scheme decides what links look like.
provider.proxy = true;
provider.on('server_error', (context, error) => console.error(error));

const tls = env.TLS_CERT_FILE
  ? { cert: readFileSync(env.TLS_CERT_FILE), key: readFileSync(env.TLS_KEY_FILE) }
  : null;
const handler = provider.callback();
const server = tls ? createHttps(tls, handler) : createHttp(handler);
server.listen(Number(env.PORT ?? 8080), () => console.log(`${issuer} is listening`));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
