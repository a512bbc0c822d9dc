import { join } from 'node:path';
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Pair,
} from 'yaml';
import { JackerError, type ErrorLocation, type Problem } from '../error.ts';
import type { ComposeService } from '../harden/compose-model.ts';
import { openKeys, programKeys, type OpenForm } from '../harden/open-keys.ts';
import { mergeOverride, type ServiceOverride } from '../harden/override.ts';
import type { FileSystem } from '../io/file-system.ts';
import { ownServicesFolder, type Project } from './project.ts';

/** Why an override may not set a key; every other key that is not open is refused without one. */
const reasons: Readonly<Record<string, string>> = {
  annotations: 'a container runtime may take them for instructions',
  blkio_config: 'limits come from the baseline',
  build: 'images are pinned, not built',
  cap_add: 'capabilities come back only by an exception in a manifest',
  cap_drop: 'capabilities are dropped by the baseline',
  cgroup: 'the container keeps its cgroup namespace',
  cgroup_parent: 'limits come from the baseline',
  configs: 'mounts follow from the manifest: config',
  container_name: 'Jacker recognises containers by their names',
  cpu_count: 'limits come from the manifest: resources.cpus',
  cpu_period: 'limits come from the manifest: resources.cpus',
  cpu_quota: 'limits come from the manifest: resources.cpus',
  cpu_rt_period: 'no container gets real-time scheduling',
  cpu_rt_runtime: 'no container gets real-time scheduling',
  cpus: 'limits come from the manifest: resources.cpus',
  credential_spec: 'secrets follow from the manifest',
  depends_on: 'the order follows from the manifest',
  deploy: 'limits come from the manifest: resources',
  device_cgroup_rules: 'no container gets a device of the host',
  devices: 'no container gets a device of the host',
  dns: 'names are resolved by the engine',
  dns_opt: 'names are resolved by the engine',
  dns_search: 'names are resolved by the engine',
  domainname: 'other containers would find it by that name',
  env_file: 'values are final; use environment',
  expose: 'only the edge router publishes ports',
  extends: 'an override is complete in itself',
  external_links: 'networks follow from the manifest',
  gpus: 'no container gets a device of the host',
  group_add: 'group access to secrets follows from the manifest',
  healthcheck: 'the health check decides whether an update is kept',
  hostname: 'other containers would find it by that name',
  image: 'images are pinned; set NAME_IMAGE in .env',
  ipc: 'the container keeps its IPC namespace',
  label_file: 'Jacker recognises containers by their labels',
  labels: 'Jacker recognises containers by their labels',
  links: 'networks follow from the manifest',
  logging: 'logs stay bounded',
  mem_limit: 'limits come from the manifest: resources.memory',
  mem_swappiness: 'limits come from the baseline',
  memswap_limit: 'limits come from the manifest: resources.memory',
  network_mode: 'networks follow from the manifest',
  networks: 'networks follow from the manifest',
  oom_kill_disable: 'a container out of memory must end',
  oom_score_adj: 'a container out of memory must end',
  pid: 'the container keeps its process namespace',
  pids_limit: 'limits come from the manifest: resources.pids',
  ports: 'only the edge router publishes ports',
  post_start: 'a hook can run as another user and privileged',
  pre_stop: 'a hook can run as another user and privileged',
  privileged: 'a privileged container owns the host',
  profiles: 'SERVICES_ENABLED and SERVICES_DISABLED decide what runs',
  provider: 'it runs a program on the host',
  read_only: 'the root file system stays read-only; declare a place to write instead',
  restart: 'the baseline decides when a service is started again',
  runtime: "containers run under the engine's own runtime",
  scale: 'each service has one container',
  secrets: 'secrets follow from the manifest',
  security_opt: 'no-new-privileges and the default seccomp profile stay',
  storage_opt: 'limits come from the baseline',
  sysctls: 'kernel settings stay as they are',
  tmpfs: 'mounts follow from the manifest: writes',
  ulimits: 'limits come from the baseline',
  use_api_socket: "no container gets the engine's socket",
  user: 'the image runs as its own unprivileged user',
  userns_mode: 'the container keeps its user namespace',
  uts: 'the container keeps its host name namespace',
  volumes: 'mounts follow from the manifest: writes and config',
  volumes_from: 'mounts follow from the manifest',
};

/**
 * Variables that a program of the platform, or the loader of any program, obeys before the file
 * that carries the hardening.
 */
const strongVariables: readonly { pattern: RegExp; why: string }[] = [
  { pattern: /^LD_|^GCONV_PATH$|^MALLOC_/i, why: 'it changes the code that the program loads' },
  {
    pattern: /^(GODEBUG|GOTRACEBACK|NODE_OPTIONS|SSL_CERT_(FILE|DIR)|.*_PROXY)$/i,
    why: 'it changes how the program speaks to others',
  },
  {
    pattern: /^(OAUTH2_PROXY_|TRAEFIK_|POSTGRES_|PG|REDIS|HAPROXY|NGINX)/i,
    why: 'the program obeys it before its configuration file',
  },
];

/** A service as overrides meet it. */
export interface OverridableService {
  fragment: ComposeService;
  /** A service of the user's own: what it runs is open too. */
  own: boolean;
}

/**
 * What the files under `overrides/` say about each service, later files winning. Throws
 * `override-invalid` with each place that is not open, is not known, or is not plain YAML: what
 * Compose might read in another way than Jacker is refused.
 */
export async function readOverrides(
  files: Pick<FileSystem, 'readText'>,
  project: Pick<Project, 'directory' | 'overrides' | 'stack'>,
): Promise<Map<string, ServiceOverride>> {
  const services = new Map(
    project.stack.services.map(({ name, definition }): [string, OverridableService] => [
      name,
      {
        fragment: definition.fragment,
        own: definition.file.startsWith(`${ownServicesFolder}/`),
      },
    ]),
  );
  const problems: Problem[] = [];
  const merged = new Map<string, ServiceOverride>();
  for (const file of project.overrides) {
    const text = (await files.readText(join(project.directory, file))) ?? '';
    const parsed = parseOverride(file, text, services);
    problems.push(...parsed.problems);
    for (const [name, override] of parsed.services) {
      merged.set(name, mergeOverride(merged.get(name) ?? {}, override));
    }
  }
  if (problems.length > 0) throw new JackerError('override-invalid', problems);
  return merged;
}

/** One override file: what it says by service, and every problem with line and key. */
export function parseOverride(
  file: string,
  text: string,
  services: ReadonlyMap<string, OverridableService>,
): { services: Map<string, ServiceOverride>; problems: Problem[] } {
  const found = new Map<string, ServiceOverride>();
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const problems: Problem[] = document.errors.map((error) => ({
    what: (error.message.split('\n')[0] ?? '').replace(/ at line \d+.*$/, ''),
    where: { file, line: error.linePos?.[0].line ?? 1, column: error.linePos?.[0].col ?? 1 },
    hint: 'An override is one Compose document in plain YAML.',
  }));
  const at: Locate = (node, key) => {
    const offset = isNode(node) ? node.range?.[0] : undefined;
    const position = offset === undefined ? undefined : lines.linePos(offset);
    return { file, line: position?.line ?? 1, column: position?.col ?? 1, key };
  };
  problems.push(...notPlain(document, at));
  if (problems.length > 0) return { services: found, problems };
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return { services: found, problems };
  }
  for (const section of entriesOf(contents, at, '', problems)) {
    if (section.name !== 'services') {
      problems.push({
        what: 'may not be overridden',
        where: at(section.key, section.name),
        hint: 'An override changes keys of services only.',
      });
      continue;
    }
    for (const service of entriesOf(section.value, at, 'services', problems)) {
      const known = services.get(service.name);
      if (!known) {
        problems.push({
          what: 'is not a service of this project',
          where: at(service.key, `services.${service.name}`),
          hint: 'Add a service of your own as services/NAME.yml with an x-jacker block.',
        });
        continue;
      }
      found.set(service.name, readService(service, known, services, at, problems));
    }
  }
  return { services: found, problems };
}

type Locate = (node: unknown, key: string) => ErrorLocation;

interface Entry {
  name: string;
  key: Node;
  value: unknown;
}

function readService(
  service: Entry,
  known: OverridableService,
  services: ReadonlyMap<string, OverridableService>,
  at: Locate,
  problems: Problem[],
): ServiceOverride {
  const override: Record<string, unknown> = {};
  for (const { name, key, value } of entriesOf(
    service.value,
    at,
    `services.${service.name}`,
    problems,
  )) {
    const path = `services.${service.name}.${name}`;
    const form = openKeys[name];
    if (form === undefined || (programKeys.has(name) && !known.own)) {
      problems.push({
        what: 'would weaken the baseline',
        where: at(key, path),
        why:
          form === undefined
            ? (reasons[name] ?? 'only keys that cannot soften it are open')
            : 'the configuration that carries the hardening is named there',
        hint: 'Take the line out. What a service really needs goes into its manifest, with a reason.',
      });
      continue;
    }
    const read = readForm(form, value);
    if ('wrong' in read) {
      problems.push({
        what: `is not ${read.wrong}`,
        where: at(isNode(value) ? value : key, path),
        hint: 'Write it as the Compose file reference shows it.',
      });
      continue;
    }
    override[name] = read.value;
    const names = typeof read.value === 'object' ? Object.keys(read.value) : [];
    if (form === 'variables' && !known.own) {
      problems.push(
        ...names.flatMap((variable): Problem[] => {
          const why =
            variable === 'TZ' || variable in (known.fragment.environment ?? {})
              ? 'Jacker sets it'
              : strongVariables.find(({ pattern }) => pattern.test(variable))?.why;
          return why === undefined
            ? []
            : [
                {
                  what: 'would weaken the baseline',
                  where: at(keyNode(value, variable) ?? key, `${path}.${variable}`),
                  why,
                  hint: 'Take the line out; see jacker config explain for the settings there are.',
                },
              ];
        }),
      );
    }
    if (form === 'hosts') {
      problems.push(
        ...Object.entries(read.value as Record<string, string>).flatMap(
          ([host, address]): Problem[] => {
            const why = services.has(host)
              ? 'a service of this project has that name'
              : /^[0-9a-f.:]+$/i.test(address)
                ? undefined
                : 'only an address may stand there; host-gateway is the way to the host';
            return why === undefined
              ? []
              : [
                  {
                    what: 'would weaken the baseline',
                    where: at(keyNode(value, host) ?? key, `${path}.${host}`),
                    why,
                    hint: 'Take the line out.',
                  },
                ];
          },
        ),
      );
    }
  }
  return override;
}

/** What could be read in two ways: tags, anchors, merge keys, directives, values to fill in. */
function notPlain(document: Document.Parsed, at: Locate): Problem[] {
  const problems: Problem[] = [];
  const refuse = (node: unknown, what: string, hint: string): void => {
    problems.push({ what, where: at(node, ''), hint });
  };
  if (
    document.directives.yaml.explicit === true ||
    Object.keys(document.directives.tags).length > 1
  ) {
    refuse(undefined, 'begins with a YAML directive', 'Take the lines that begin with % out.');
  }
  visit(document, {
    Node: (_key, node) => {
      const { anchor, tag } = node as { anchor?: string; tag?: string };
      if (isAlias(node) || anchor !== undefined) {
        refuse(node, 'uses an anchor or an alias', 'Write the value out in each place.');
      }
      if (tag !== undefined) {
        refuse(node, `has the tag ${tag}`, 'Write plain YAML: no key may be reset or replaced.');
      }
      if (isScalar(node) && typeof node.value === 'string') {
        if (/[\p{Cc}\u2028\u2029\ufeff]/u.test(node.value.replace(/[\n\t]/g, ''))) {
          refuse(node, 'holds a control character', 'Take it out.');
        }
        if (/\$/.test(node.value.replaceAll('$$', ''))) {
          refuse(
            node,
            'has a dollar sign, with which Compose fills in a variable',
            'Values are final: write the value itself, and $$ for a dollar sign.',
          );
        }
      }
    },
    Pair: (_key, pair) => {
      if (isScalar(pair.key) && pair.key.value === '<<') {
        refuse(pair.key, 'merges another map', 'Write the keys out.');
      }
    },
  });
  return problems;
}

/** The entries of a map whose keys are texts; a problem for whatever is no such map. */
function entriesOf(node: unknown, at: Locate, path: string, problems: Problem[]): Entry[] {
  if (!isMap(node)) {
    problems.push({
      what: 'is not a map',
      where: at(node, path),
      hint: path === '' ? 'Begin with services:' : 'Write KEY: value, one on each line.',
    });
    return [];
  }
  return node.items.flatMap((pair): Entry[] => {
    if (isScalar(pair.key) && typeof pair.key.value === 'string') {
      return [{ name: pair.key.value, key: pair.key, value: pair.value }];
    }
    problems.push({
      what: 'has a key that is not a text',
      where: at(pair.key, path),
      hint: 'Put the key in quotes.',
    });
    return [];
  });
}

function keyNode(value: unknown, name: string): unknown {
  if (!isMap(value)) return undefined;
  const pair = value.items.find((item: Pair) => isScalar(item.key) && item.key.value === name);
  return isPair(pair) ? pair.key : undefined;
}

type Read =
  { value: string | boolean | readonly string[] | Record<string, string> } | { wrong: string };

function readForm(form: OpenForm, node: unknown): Read {
  switch (form) {
    case 'text': {
      const text = scalarText(node);
      return text === undefined ? { wrong: 'a text or number' } : { value: text };
    }
    case 'flag':
      return isScalar(node) && typeof node.value === 'boolean'
        ? { value: node.value }
        : { wrong: 'true or false' };
    case 'words': {
      if (isScalar(node) && typeof node.value === 'string') return { value: node.value };
      const items = isSeq(node) ? node.items.map(scalarText) : [undefined];
      return items.every((item) => item !== undefined)
        ? { value: items }
        : { wrong: 'a text or a list of texts' };
    }
    case 'variables':
    case 'hosts':
      return readTexts(node, form === 'variables' ? /^([^=]+)=([^]*)$/ : /^([^=:]+)[=:]([^]+)$/);
  }
}

/** A map of texts, or a list of `NAME=value`. A name without a value would take the caller's. */
function readTexts(node: unknown, line: RegExp): Read {
  const wrong = { wrong: 'a map of texts, or a list in which each entry has a name and a value' };
  const texts = new Map<string, string>();
  const items: readonly unknown[] = isMap(node) || isSeq(node) ? node.items : [undefined];
  for (const item of items) {
    const match = isPair(item) ? null : line.exec(scalarText(item) ?? '');
    const name = isPair(item) ? scalarText(item.key) : match?.[1];
    const value = isPair(item) ? scalarText(item.value) : match?.[2];
    if (name === undefined || value === undefined || texts.has(name)) return wrong;
    texts.set(name, value);
  }
  return { value: Object.fromEntries(texts) };
}

/** A scalar as it is written, `$$` being one dollar sign as for Compose; undefined for null. */
function scalarText(node: unknown): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined;
  const text = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
  return text.replaceAll('$$', '$');
}
