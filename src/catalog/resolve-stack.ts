import { applies } from './applies.ts';
import { JackerError, type ErrorLocation, type Problem } from '../error.ts';
import { textOf, type Settings } from '../settings/definition.ts';
import type { ServiceDefinition, Catalog } from './service-definition.ts';
import { neededServices, selectServices } from './select-services.ts';
import { refuseConflicts } from './refuse-conflicts.ts';
import { resolveSecrets } from './stack-secrets.ts';
import {
  type ConfigMount,
  type Stack,
  type StackNetwork,
  type StackRoute,
  type StackService,
} from './stack.ts';

/** The service that routers belong to, and the two that hold data for others. */
export const edgeService = 'traefik';

interface Member {
  name: string;
  definition: ServiceDefinition;
  consumer: string | null;
}

/**
 * The stack of a project: the enabled services and everything that follows from their needs
 * (networks, secrets, mounts, order). Throws `manifest-invalid` where the needs cannot be met: an
 * unknown service, a cycle, two owners of one name.
 */
export function resolveStack(catalog: Catalog, settings: Settings): Stack {
  const domain = textOf(settings, 'DOMAIN');
  const selected = selectServices(catalog, settings)
    .filter((selection) => selection.enabled)
    .map((selection) => selection.definition);
  refuseUnknownNeeds(selected, catalog);
  refuseCycles(selected);

  const members = withProxies(selected, catalog);
  const relations = new Map<string, StackNetwork>();
  const relate = (a: string, b: string): void => {
    const pair = [a, b].sort();
    const name = pair.join('--');
    relations.set(name, { name, purpose: 'relation', members: pair, egress: false });
  };
  const routes: StackRoute[] = [];
  for (const { name, definition, consumer } of members) {
    const { manifest } = definition;
    for (const target of neededServices(definition)) relate(name, target);
    if (consumer) relate(consumer, name);
    for (const route of manifest.routes) {
      if (!applies(route.when, settings)) continue;
      routes.push({
        ...route,
        service: name,
        hostName: route.host ? `${route.host}.${domain}` : domain,
      });
      if (name !== edgeService) relate(edgeService, name);
    }
    const egress = manifest.egress && applies(manifest.egress.when, settings);
    if (manifest.publishes.length > 0) {
      relations.set('edge', { name: 'edge', purpose: 'edge', members: [name], egress: !!egress });
    } else if (egress) {
      const network = `${name}--egress`;
      relations.set(network, { name: network, purpose: 'egress', members: [name], egress: true });
    }
  }
  refuseLongHosts(routes);
  refuseConflicts(members, routes);

  const networks = [...relations.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const { secrets, mountsOf } = resolveSecrets(members, settings);
  const services = members.map(({ name, definition, consumer }): StackService => {
    const configs = configMounts(name, definition, settings);
    return {
      name,
      definition,
      consumer,
      endpoints: consumer
        ? (members.find((member) => member.name === consumer)?.definition.manifest.docker ?? [])
        : [],
      networks: networks.filter((net) => net.members.includes(name)).map((net) => net.name),
      secrets: mountsOf(name),
      configs,
      dependsOn: [
        ...neededServices(definition),
        ...members.filter((member) => member.consumer === name).map((member) => member.name),
      ].sort(),
      exceptions: definition.manifest.exceptions.filter((exception) =>
        applies(exception.when, settings),
      ),
    };
  });
  return {
    project: textOf(settings, 'PROJECT_NAME'),
    domain,
    services,
    networks,
    secrets,
    routes: routes.sort((a, b) => (`${a.service}/${a.name}` < `${b.service}/${b.name}` ? -1 : 1)),
    postgres: members.flatMap(({ name, definition: { manifest } }) =>
      manifest.postgres
        ? [
            {
              ...manifest.postgres,
              service: name,
              secret: `postgres-${manifest.postgres.role.replaceAll('_', '-')}`,
            },
          ]
        : [],
    ),
    redis: members.flatMap(({ name, definition: { manifest } }) =>
      manifest.redis
        ? [{ ...manifest.redis, service: name, secret: `redis-${manifest.redis.user}` }]
        : [],
    ),
    volumes: [
      ...new Set(
        members.flatMap(({ definition }) =>
          definition.manifest.writes.flatMap((write) => ('volume' in write ? [write.volume] : [])),
        ),
      ),
    ].sort(),
  };
}

/** The selected services and, for each with a `docker` need, its own proxy; in name order. */
function withProxies(selected: readonly ServiceDefinition[], catalog: Catalog): Member[] {
  const proxies = [...catalog.values()].filter((definition) => definition.manifest.perConsumer);
  const members = selected.map((definition): Member => ({
    name: definition.name,
    definition,
    consumer: null,
  }));
  for (const proxy of proxies) {
    for (const consumer of selected) {
      if (consumer.manifest.docker.length === 0) continue;
      members.push({
        name: `${proxy.name}-${consumer.name}`,
        definition: proxy,
        consumer: consumer.name,
      });
    }
  }
  return members.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function configMounts(
  name: string,
  definition: ServiceDefinition,
  settings: Settings,
): ConfigMount[] {
  return definition.manifest.config
    .filter((declaration) => applies(declaration.when, settings))
    .map((declaration) => {
      const file = declaration.template.replace(/\.hbs$/, '');
      const secret = declaration.secret ? `${name}.${file.replaceAll('/', '.')}` : null;
      return {
        declaration,
        folder: definition.name,
        path: secret ? `secrets/${secret}` : `config/${name}/${file}`,
        secret,
      };
    });
}

function refuseUnknownNeeds(selected: readonly ServiceDefinition[], catalog: Catalog): void {
  const problems = selected.flatMap((definition) =>
    neededServices(definition)
      .filter((need) => !catalog.has(need))
      .map((need): Problem => ({
        what: `${definition.name} needs the service ${need}, which does not exist`,
        where: placeOfNeed(definition, need),
        hint: `Known: ${[...catalog.keys()].join(', ')}.`,
      })),
  );
  if (problems.length > 0) throw new JackerError('manifest-invalid', problems);
}

/** A host name has at most 253 characters; every certificate and router would fail at a longer one. */
function refuseLongHosts(routes: readonly StackRoute[]): void {
  const [longest] = routes.toSorted((a, b) => b.hostName.length - a.hostName.length);
  if (!longest || longest.hostName.length <= 253) return;
  throw new JackerError('settings-invalid', {
    what: `${longest.service} would get a host name of ${String(longest.hostName.length)} characters; 253 are the most`,
    where: { key: 'DOMAIN' },
    hint: 'Choose a shorter domain.',
  });
}

/** Where a service says that it needs another one. */
function placeOfNeed(definition: ServiceDefinition, need: string): ErrorLocation {
  const index = definition.manifest.connects.indexOf(need);
  return definition.at(index === -1 ? ['x-jacker', need] : ['x-jacker', 'connects', index]);
}

function refuseCycles(selected: readonly ServiceDefinition[]): void {
  const byName = new Map(selected.map((definition) => [definition.name, definition]));
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    const definition = byName.get(name);
    if (!definition || done.has(name)) return;
    if (path.includes(name)) {
      const cycle = [...path.slice(path.indexOf(name)), name].join(' -> ');
      throw new JackerError('manifest-invalid', {
        what: `the services need each other in a circle: ${cycle}`,
        where: placeOfNeed(definition, path[path.indexOf(name) + 1] ?? name),
        hint: 'One of them must start first: take one name out of connects.',
      });
    }
    for (const need of neededServices(definition)) visit(need, [...path, name]);
    done.add(name);
  };
  for (const name of byName.keys()) visit(name, []);
}
