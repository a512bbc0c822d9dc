import { JackerError, type ErrorLocation, type Problem } from '../error.ts';
import type { ServiceDefinition } from './service-definition.ts';
import type { StackRoute } from './stack.ts';

interface Member {
  name: string;
  definition: ServiceDefinition;
}

/** Names that the servers themselves use. */
const reserved = {
  database: ['postgres', 'template0', 'template1'],
  role: ['postgres', 'public'],
  user: ['default', 'health', 'admin'],
};
/** Routers and services of the edge's own, which no route may replace. */
const edgeNames = ['unknown-host', 'error-pages', 'error-pages-nothing'];

/**
 * Refuses two services that claim one thing, or one that claims what a server keeps for itself:
 * each would see or break the other's. Throws `manifest-invalid` with the place of every claim
 * that came second; Jacker's own services came first.
 */
export function refuseConflicts(all: readonly Member[], routes: readonly StackRoute[]): void {
  const members = platformFirst(all);
  const problems: Problem[] = [];
  const owners = new Map<string, string>();
  const claim = (
    kind: string,
    value: string,
    { name, definition }: Member,
    path: readonly (string | number)[],
    show = `${kind} ${value}`,
  ): void => {
    const other = owners.get(`${kind} ${value}`);
    if (other === undefined) owners.set(`${kind} ${value}`, name);
    else refuse(`${name} and ${other} both want ${show}`, definition.at(path));
  };
  const refuse = (what: string, where: ErrorLocation): void => {
    problems.push({ what, where, hint: 'Give one of them another name.' });
  };
  for (const member of members) {
    const { definition } = member;
    const { postgres, redis, writes, config } = definition.manifest;
    claim('the name', member.name, member, []);
    for (const [index, { template }] of config.entries()) {
      const other = config.find((one) => one.template === `${template}.hbs`);
      if (!other) continue;
      refuse(
        `${template} and ${other.template} make the same file`,
        definition.at(['x-jacker', 'config', index, 'template']),
      );
    }
    for (const [index, write] of writes.entries()) {
      if ('volume' in write) {
        claim('the volume', write.volume, member, ['x-jacker', 'writes', index]);
      }
    }
    if (postgres) {
      const path = ['x-jacker', 'postgres'];
      claim('the database', postgres.database, member, [...path, 'database']);
      claim('the role', postgres.role, member, [...path, 'role']);
      claim('the role', `${postgres.role}_owner`, member, [...path, 'role']);
      if (reserved.database.includes(postgres.database)) {
        refuse(
          `the database ${postgres.database} is the server's own`,
          definition.at([...path, 'database']),
        );
      }
      if (reserved.role.includes(postgres.role) || postgres.role.startsWith('pg_')) {
        refuse(`the role ${postgres.role} is the server's own`, definition.at([...path, 'role']));
      }
    }
    if (redis) {
      const path = ['x-jacker', 'redis'];
      claim('the Redis user', redis.user, member, [...path, 'user']);
      if (reserved.user.includes(redis.user)) {
        refuse(
          `the Redis user ${redis.user} is the server's own`,
          definition.at([...path, 'user']),
        );
      }
      for (const other of members) {
        const prefix = other.definition.manifest.redis?.prefix;
        if (other.name === member.name || prefix === undefined) continue;
        // Of two equal ones, the later service is told.
        const covers =
          prefix === redis.prefix
            ? members.indexOf(other) < members.indexOf(member)
            : prefix.startsWith(redis.prefix);
        if (!covers) continue;
        const told = isOfPlatform(member) && !isOfPlatform(other) ? other : member;
        refuse(
          `the prefix ${redis.prefix} lets ${member.name} at the keys of ${other.name}`,
          told.definition.at([...path, 'prefix']),
        );
      }
    }
  }
  const platformHosts = new Map<string, string>();
  for (const { service, hostName } of routes) {
    const member = members.find(({ name }) => name === service);
    if (member && isOfPlatform(member)) platformHosts.set(hostName, service);
  }
  for (const name of edgeNames) owners.set(`the router ${name}`, 'the edge');
  const rank = ({ service }: StackRoute): number =>
    members.findIndex(({ name }) => name === service);
  for (const route of routes.toSorted((a, b) => rank(a) - rank(b))) {
    const member = members[rank(route)];
    if (!member) continue;
    const index = member.definition.manifest.routes.findIndex(({ name }) => name === route.name);
    const path = ['x-jacker', 'routes', index];
    const address = `${route.hostName}${route.path ?? '/'}`;
    const taken = owners.get(`the address ${address}`);
    claim('the address', address, member, [...path, 'host'], address);
    claim('the router', `${route.service}-${route.name}`, member, [...path, 'name']);
    const platform = platformHosts.get(route.hostName);
    if (taken === undefined && platform !== undefined && !isOfPlatform(member)) {
      // A longer path wins: it would answer in the name of the sign-in page.
      refuse(
        `${member.name} wants a part of ${route.hostName}, which is ${platform}'s`,
        member.definition.at([...path, 'host']),
      );
    }
  }
  if (problems.length > 0) throw new JackerError('manifest-invalid', problems);
}

function isOfPlatform({ definition }: Pick<Member, 'definition'>): boolean {
  return definition.file.startsWith('compose/');
}

/** The members in their order, those of the platform before a person's own. */
export function platformFirst<T extends Pick<Member, 'definition'>>(members: readonly T[]): T[] {
  return members.toSorted((a, b) => Number(isOfPlatform(b)) - Number(isOfPlatform(a)));
}
