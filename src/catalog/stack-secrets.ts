import { applies } from './applies.ts';
import { JackerError, type ErrorLocation } from '../error.ts';
import type { Settings } from '../settings/definition.ts';
import type { SecretDeclaration } from './manifest.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { platformFirst } from './refuse-conflicts.ts';
import { type SecretMount, type StackSecret } from './stack.ts';

/** The local authority's certificate: public, mounted by every service that checks a peer by it. */
export const authorityCertificate = 'ca.crt';
export const authorityKey = 'ca.key';

interface Member {
  name: string;
  definition: ServiceDefinition;
}

/**
 * Every secret of the stack with its readers: what manifests declare, one password for each
 * Postgres role and Redis user, and the local authority. Throws `manifest-invalid` where two
 * services declare one name, or one uses a secret that nobody declares.
 */
export function resolveSecrets(
  all: readonly Member[],
  settings: Settings,
): { secrets: StackSecret[]; mountsOf: (service: string) => SecretMount[] } {
  // Of two that declare one name, the later one is told: never a file of the package.
  const members = platformFirst(all);
  const found = new Map<string, Omit<StackSecret, 'readers'> & { readers: Set<string> }>();
  const declare = (
    secret: Omit<StackSecret, 'readers'>,
    readers: readonly string[],
    where?: ErrorLocation,
  ): void => {
    const other = found.get(secret.name);
    if (other) {
      throw new JackerError('manifest-invalid', {
        what: `${secret.owner} and ${other.owner} both declare the secret ${secret.name}`,
        where: where ?? { key: 'x-jacker.secrets' },
        hint: 'A secret has one owner; the other service names it under uses.',
      });
    }
    found.set(secret.name, { ...secret, readers: new Set(readers) });
  };
  const plain = { owner: 'jacker' };
  declare(
    {
      ...plain,
      name: authorityCertificate,
      kind: 'authority',
      help: "The local authority's certificate.",
    },
    members.filter(({ definition }) => definition.manifest.postgres).map(({ name }) => name),
  );
  declare(
    {
      ...plain,
      name: authorityKey,
      kind: 'authority-key',
      help: 'Signs the leaf certificates; may be kept offline.',
    },
    [],
  );
  for (const { name, definition } of members) {
    const { manifest } = definition;
    for (const [index, secret] of manifest.secrets.entries()) {
      if (!applies(secret.when, settings)) continue;
      declare(
        fromDeclaration(secret, name, settings),
        secret.mount ? [name] : [],
        definition.at(['x-jacker', 'secrets', index, 'name']),
      );
    }
    if (manifest.postgres) {
      const role = manifest.postgres.role.replaceAll('_', '-');
      declare(
        {
          name: `postgres-${role}`,
          kind: 'password',
          length: 40,
          help: `Password of ${name}'s Postgres role.`,
          owner: name,
        },
        [name],
        definition.at(['x-jacker', 'postgres', 'role']),
      );
    }
    if (manifest.redis) {
      declare(
        {
          name: `redis-${manifest.redis.user}`,
          kind: 'password',
          length: 40,
          help: `Password of ${name}'s Redis user.`,
          owner: name,
        },
        // A service that takes its password inside a rendered configuration file does not mount it.
        manifest.config.some((config) => config.secret) ? [] : [name],
        definition.at(['x-jacker', 'redis', 'user']),
      );
    }
    for (const [index, config] of manifest.config.entries()) {
      if (!config.secret || !applies(config.when, settings)) continue;
      const file = config.template.replace(/\.hbs$/, '').replaceAll('/', '.');
      declare(
        {
          name: `${name}.${file}`,
          kind: 'rendered',
          help: `${name}'s ${file}, which holds secrets.`,
          owner: name,
        },
        [],
        definition.at(['x-jacker', 'config', index, 'template']),
      );
    }
  }
  for (const { name, definition } of members) {
    for (const [index, use] of definition.manifest.uses.entries()) {
      const secret = found.get(use.secret);
      if (!secret) {
        throw new JackerError('manifest-invalid', {
          what: `${name} uses the secret ${use.secret}, which nobody declares`,
          where: definition.at(['x-jacker', 'uses', index, 'secret']),
          hint: `Known: ${[...found.keys()].sort().join(', ')}.`,
        });
      }
      secret.readers.add(name);
    }
  }
  const secrets = [...found.values()]
    .map((secret): StackSecret => ({ ...secret, readers: [...secret.readers].sort() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    secrets,
    mountsOf: (service) =>
      secrets
        .filter((secret) => secret.readers.includes(service))
        .map((secret) => ({ secret: secret.name, target: `/run/secrets/${secret.name}` })),
  };
}

function fromDeclaration(
  secret: SecretDeclaration,
  owner: string,
  settings: Settings,
): Omit<StackSecret, 'readers'> {
  const fill = (text: string): string =>
    text.replaceAll(/\{\{([A-Z0-9_]+)\}\}/g, (_, key: string) =>
      String(settings.values[key] ?? ''),
    );
  return {
    name: secret.name,
    kind: secret.kind,
    help: secret.help,
    owner,
    length: secret.length,
    of: secret.of,
    user: secret.user === undefined ? undefined : fill(secret.user),
    names: secret.names?.map(fill),
  };
}
