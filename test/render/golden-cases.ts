/** The projects whose rendered trees are committed under test/golden. */
export const goldenCases: Readonly<Record<string, { env: string; sample?: true }>> = {
  minimal: { env: 'DOMAIN=example.test\nPRESET=minimal\n' },
  standard: { env: 'DOMAIN=example.test\nPRESET=standard\n' },
  full: { env: 'DOMAIN=example.test\nPRESET=full\n' },
  sample: {
    env: [
      'PROJECT_NAME=golden',
      'DOMAIN=example.test',
      'HTTP_PORT=8080',
      'HTTPS_PORT=8443',
      'TIMEZONE=Europe/Madrid',
      'IMAGE_MIRROR=registry.example.test/mirror',
      'SERVICES_ENABLED=sample',
      '',
    ].join('\n'),
    sample: true,
  },
  'letsencrypt-oauth': {
    env: [
      'DOMAIN=example.test',
      'BIND_ADDRESS=0.0.0.0',
      'TLS_MODE=letsencrypt',
      'TLS_PROFILE=modern',
      'ACME_EMAIL=admin@example.test',
      'AUTH_MODE=oauth',
      'OAUTH_PROVIDER=keycloak-oidc',
      'OAUTH_PROVIDER_NAME=Example "Staff" & Friends',
      'OAUTH_CLIENT_ID=jacker',
      'OAUTH_ISSUER_URL=https://login.example.test/realms/main',
      'OAUTH_ALLOWED_EMAILS=ann@example.test,bob@example.test',
      'OAUTH_ALLOWED_DOMAINS=staff.example.test',
      "SIGN_IN_FOOTER='Ask <it@example.test>'",
      '',
    ].join('\n'),
  },
};
