import { createHash } from 'node:crypto';
import type { Stack, StackService } from '../catalog/stack.ts';
import { redisPasswordHash } from '../secrets/redis-hash.ts';
import { listOf, textOf, type Settings } from '../settings/definition.ts';
import { edgeContext } from './edge.ts';
import { consumerUser, ownUsers, renamedCommands } from './redis-rules.ts';

/** Reads a secret's value; throws `secret-missing` where there is none. */
export type SecretReader = (name: string) => string;

/** The providers that find everything at an issuer's address. */
const issuerProviders = ['oidc', 'keycloak-oidc', 'gitlab', 'entra-id'];

/**
 * What every template knows: the settings, the addresses, and what the stack derives for the edge,
 * the databases and the portal. No secret is in it; see {@link withSecrets}.
 */
export function projectContext(stack: Stack, settings: Settings, style: string): object {
  const port =
    settings.values['HTTPS_PORT'] === 443 ? '' : `:${String(settings.values['HTTPS_PORT'])}`;
  const portal = `https://${stack.domain}${port}/`;
  const provider = String(settings.values['OAUTH_PROVIDER'] ?? '');
  return {
    project: stack.project,
    domain: stack.domain,
    settings: settings.values,
    urls: {
      portal,
      portalEscaped: encodeURIComponent(portal),
      signIn: `https://auth.${stack.domain}${port}`,
    },
    edge: edgeContext(stack, settings, cspHash(style)),
    postgres: { roles: stack.postgres.map(({ database, role }) => ({ database, role })) },
    portal: {
      tiles: stack.routes.flatMap((route) =>
        route.tile
          ? [{ ...route.tile, url: `https://${route.hostName}${port}${route.path ?? '/'}` }]
          : [],
      ),
    },
    signIn: {
      redirectDomains: [`${stack.domain}${port}`, `.${stack.domain}${port}`],
      issuer: issuerProviders.includes(provider) ? textOf(settings, 'OAUTH_ISSUER_URL') : '',
      emails: listOf(settings, 'OAUTH_ALLOWED_EMAILS'),
      emailDomains: listOf(settings, 'OAUTH_ALLOWED_DOMAINS'),
    },
  };
}

/** The context of a template that is itself kept as a secret: the values it needs are added. */
export function withSecrets(
  context: object,
  service: StackService,
  stack: Stack,
  read: SecretReader,
): object {
  const secrets = Object.fromEntries(
    stack.redis
      .filter((need) => need.service === service.name)
      .map((need) => [need.secret, read(need.secret)]),
  );
  if (service.name !== 'redis') return { ...context, secrets };
  const suffix = read('redis-command-suffix');
  return {
    ...context,
    secrets,
    redis: {
      renamed: renamedCommands.map((command) => ({ command, name: `${command}-${suffix}` })),
      users: [
        ...ownUsers(
          redisPasswordHash(read('redis-health')),
          redisPasswordHash(read('redis-admin')),
        ),
        ...stack.redis.map((need) => consumerUser(need, redisPasswordHash(read(need.secret)))),
      ],
    },
  };
}

/** What a per-consumer proxy's template knows in addition. */
export function proxyContext(context: object, service: StackService): object {
  return {
    ...context,
    consumer: service.consumer ?? '',
    proxy: { endpoints: service.endpoints.map(({ method, path }) => ({ method, path })) },
  };
}

/** The source expression with which a Content-Security-Policy allows one inline style block. */
export function cspHash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
