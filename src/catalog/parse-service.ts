import type { LineCounter, Document, Node } from 'yaml';
import { isMap, isNode } from 'yaml';
import type * as z from 'zod';
import { JackerError, type Problem } from '../error.ts';
import { fragmentKeys } from '../harden/open-keys.ts';
import { readYaml } from '../harden/yaml-document.ts';
import { readValue } from '../settings/forms.ts';
import { manifestSchema, type Manifest } from './manifest.ts';
import { unknownKeyHint } from './manifest-keys.ts';
import type { ServiceDefinition } from './service-definition.ts';

/**
 * Compose keys that the manifest decides, with the key of `x-jacker` that says the need. Every other
 * key that is not among {@link fragmentKeys} is refused too.
 */
const derivedKeys: Readonly<Record<string, string>> = {
  user: 'identity',
  cap_add: 'exceptions',
  cap_drop: 'exceptions',
  security_opt: 'exceptions',
  privileged: 'exceptions',
  read_only: 'exceptions',
  ports: 'routes',
  networks: 'connects, routes, postgres, redis, docker or egress',
  network_mode: 'connects or egress',
  volumes: 'writes or config',
  tmpfs: 'writes',
  secrets: 'secrets',
  pids_limit: 'resources',
  mem_limit: 'resources',
  cpus: 'resources',
  deploy: 'resources',
  healthcheck: 'health',
  group_add: 'secrets',
  logging: 'nothing: logs are bounded for every service',
  restart: 'nothing: every service is restarted',
  ulimits: 'resources',
  pid: 'exceptions',
  ipc: 'exceptions',
  devices: 'exceptions',
  depends_on: 'connects, postgres or redis',
  env_file: 'settings or secrets',
};

/** What only Jacker's own services may declare, and what a service of the user's does instead. */
const platformKeys: Readonly<Record<string, string>> = {
  perConsumer: 'Declare a service of its own.',
  publishes: 'Declare a route: the edge router alone is reachable from outside.',
  socket: 'Declare under docker which calls of the Docker API it makes.',
};

/**
 * Reads one service file: a Compose document with one service, named as the file, and its
 * `x-jacker` block. Throws `manifest-invalid` with every problem's file, line, column and key.
 */
export function parseService(file: string, text: string): ServiceDefinition {
  const { document, lines, problems } = readYaml(file, text, 'The file must be valid YAML.');
  if (problems.length > 0) throw new JackerError('manifest-invalid', problems);

  const name = (file.split('/').at(-1) ?? file).replace(/\.ya?ml$/, '');
  const root = valueOf(document, file);
  const services = record(record(root)?.['services']);
  const names = Object.keys(services ?? {});
  const service = record(services?.[name]);
  if (!service || names.length !== 1) {
    throw new JackerError('manifest-invalid', {
      what: `holds ${names.length === 0 ? 'no service' : `the services ${names.join(', ')}`}`,
      where: { file, line: 1, key: 'services' },
      hint: `A service file declares exactly one service, named as the file: ${name}.`,
    });
  }
  const { 'x-jacker': declared, ...fragment } = service;
  const at = (path: readonly (string | number)[]) =>
    locate(document, lines, file, ['services', name, ...path]);
  for (const key of Object.keys(fragment).filter((candidate) => !fragmentKeys.has(candidate))) {
    const need = Object.hasOwn(derivedKeys, key) ? derivedKeys[key] : undefined;
    problems.push(
      need === undefined
        ? {
            what: 'is not a key that a service file may set',
            where: at([key]),
            hint: `These are open: ${[...fragmentKeys].join(', ')}. Needs go under x-jacker.`,
          }
        : {
            what: 'is derived, not declared',
            where: at([key]),
            hint: `Say the need under x-jacker (${need}); Jacker derives this key from it.`,
          },
    );
  }
  for (const key of ['environment', 'labels', 'extra_hosts']) {
    if (fragment[key] === undefined || isTextMap(fragment[key])) continue;
    problems.push({
      what: 'is not a map of texts',
      where: at([key]),
      hint: 'Write NAME: "value", one on each line; numbers and true or false need quotes too.',
    });
  }
  for (const label of Object.keys(record(fragment['labels']) ?? {})) {
    if (!/^(io\.jacker|com\.docker)\./.test(label)) continue;
    problems.push({
      what: 'is a label that only Jacker and Compose set',
      where: at(['labels', label]),
      why: 'containers are recognised by it',
      hint: 'Give the label a name of your own.',
    });
  }
  for (const [host, address] of Object.entries(record(fragment['extra_hosts']) ?? {})) {
    if (typeof address !== 'string' || /^[0-9a-f.:]+$/i.test(address)) continue;
    problems.push({
      what: 'is not an address',
      where: at(['extra_hosts', host]),
      why: 'host-gateway is the way to the host',
      hint: 'Write an IP address, or take the line out.',
    });
  }
  const { image } = fragment;
  if (
    typeof image !== 'string' ||
    'wrong' in readValue({ key: 'image', type: 'image', help: '' }, image)
  ) {
    problems.push({
      what: typeof image === 'string' ? 'is not an image reference' : 'names no image',
      where: at(['image']),
      hint: 'Give an image with an exact tag, for example quay.io/org/app:1.4.2.',
    });
  }
  if (declared === undefined) {
    problems.push({ what: 'has no x-jacker block', where: at([]), hint: 'Declare its needs.' });
  }
  if (!/^(?!egress$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 40) {
    problems.push({
      what: 'is not a name for a service',
      where: at([]),
      hint: 'Use lower-case letters and digits with single hyphens between them, 40 at most.',
    });
  }
  for (const [key, hint] of Object.entries(platformKeys)) {
    if (file.startsWith('compose/') || record(declared)?.[key] === undefined) continue;
    problems.push({
      what: "is for Jacker's own services only",
      where: at(['x-jacker', key]),
      hint,
    });
  }
  const parsed = manifestSchema.safeParse(declared ?? {});
  if (!parsed.success && declared !== undefined) {
    problems.push(...parsed.error.issues.flatMap((issue) => describeIssue(issue, at)));
  }
  if (parsed.success) problems.push(...targetProblems(parsed.data, file, at));
  if (problems.length > 0 || !parsed.success) throw new JackerError('manifest-invalid', problems);
  return { name, file, manifest: parsed.data, fragment, at };
}

/** The document's data. A few lines of aliases can stand for more than any memory holds. */
function valueOf(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new JackerError(
      'manifest-invalid',
      {
        what: `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        where: { file, line: 1 },
        hint: 'Write the value out in each place instead of an anchor and aliases.',
      },
      { cause: error },
    );
  }
}

/** Each route leads to a port of the service, or (the platform's own alone) to Traefik itself. */
function targetProblems(
  { routes }: Manifest,
  file: string,
  at: (path: readonly (string | number)[]) => Problem['where'] & object,
): Problem[] {
  return routes.flatMap(({ port, traefikService }, index): Problem[] => {
    const path = ['x-jacker', 'routes', index];
    if (traefikService !== undefined && !file.startsWith('compose/')) {
      return [
        {
          what: "is for Jacker's own services only",
          where: at([...path, 'traefikService']),
          why: 'it opens what Traefik says about itself',
          hint: 'Name the port of the service instead.',
        },
      ];
    }
    if ((port === undefined) !== (traefikService === undefined)) return [];
    return [
      {
        what: 'leads nowhere',
        where: at(path),
        hint: 'Give the container port that answers: port: 8080.',
      },
    ];
  });
}

function describeIssue(
  issue: z.core.$ZodIssue,
  at: (path: readonly (string | number)[]) => Problem['where'] & object,
): Problem[] {
  const path = ['x-jacker', ...issue.path.map((part) => (typeof part === 'symbol' ? '' : part))];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      what: 'is not a key of the manifest',
      where: at([...path, key]),
      hint: unknownKeyHint(
        key,
        issue.path.map((part) => (typeof part === 'symbol' ? '' : part)),
      ),
    }));
  }
  return [
    {
      what: issue.message.replace(/^Invalid input: /, ''),
      where: at(path),
      hint: 'Correct it as it says; CONTRIBUTING.md of Jacker explains each key.',
    },
  ];
}

/** The place of a path in a document: of its key where it exists, else of its nearest parent. */
function locate(
  document: Document,
  lines: LineCounter,
  file: string,
  path: readonly (string | number)[],
): { file: string; line: number; column: number; key: string } {
  const key = path.slice(2).join('.') || (path.at(-1)?.toString() ?? '');
  for (let depth = path.length; depth > 0; depth--) {
    const parent: unknown =
      depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const last = path[depth - 1];
    let node: Node | null = null;
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isNode(item.key) && item.key.toJSON() === last);
      node = pair && isNode(pair.key) ? pair.key : null;
    } else {
      const found: unknown = document.getIn(path.slice(0, depth), true);
      node = isNode(found) ? found : null;
    }
    if (node?.range) {
      const position = lines.linePos(node.range[0]);
      return { file, line: position.line, column: position.col, key };
    }
  }
  return { file, line: 1, column: 1, key };
}

function isTextMap(value: unknown): boolean {
  return Object.values(record(value) ?? { none: null }).every((item) => typeof item === 'string');
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
