import { execa } from 'execa';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { loadStack } from '../../src/compose/load-stack.ts';
import { mountsOf } from '../../src/controls/compose/service-mounts.ts';
import { portsOf } from '../../src/controls/compose/service-ports.ts';
import type { ComposeService } from '../../src/harden/compose-model.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { corpusFile, corpusNames } from '../remedy/corpus.ts';
import { ensureTestbed, type Testbed } from '../testbed/index.ts';

/** What a service is, in one notation, as far as a check of security reads it. */
type Facts = Record<string, unknown>;

const scalars = [
  ...['image', 'user', 'privileged', 'read_only', 'pid', 'ipc', 'uts', 'network_mode', 'restart'],
  ...['userns_mode', 'hostname', 'init', 'cgroup', 'pids_limit'],
];
const lists = ['cap_add', 'cap_drop', 'security_opt', 'group_add', 'tmpfs'];

function factsOf(folder: string, service: ComposeService): Facts {
  const facts: Facts = {};
  // Compose leaves out a flag that is off.
  for (const key of scalars) {
    const value = service[key];
    if (value !== undefined && value !== false) facts[key] = value;
  }
  for (const key of lists) {
    const list = (service[key] ?? []) as unknown[];
    if (list.length > 0) facts[key] = [...new Set(list.map(String))].sort();
  }
  facts['ports'] = portsOf(service)
    .map((port) => Object.values(port).join(' '))
    .sort();
  facts['volumes'] = mountsOf(service)
    .map(({ type, source, target, readOnly }) => {
      const path = type === 'bind' ? resolve(folder, source.replace(/^~/, folder)) : source;
      return `${type} ${path} ${target.replace(/(?<=.)\/$/, '')} ${String(readOnly)}`;
    })
    .sort();
  const { environment = {}, labels = {}, networks = {}, secrets = [], depends_on = {} } = service;
  // A name without a value is taken from the shell, where it is there.
  facts['environment'] = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== null),
  );
  facts['labels'] = labels;
  if (service.network_mode === undefined) {
    const names = Array.isArray(networks) ? (networks as string[]) : Object.keys(networks);
    facts['networks'] = (names.length > 0 ? names : ['default']).sort();
  }
  facts['secrets'] = secrets.map((one) => (typeof one === 'string' ? one : one.source)).sort();
  // A namespace of another service is one more reason to wait for it.
  const joined = ['network_mode', 'pid', 'ipc'].flatMap((key) => {
    const value = service[key];
    const match = typeof value === 'string' ? /^service:(.+)$/.exec(value) : null;
    return match ? [match[1]] : [];
  });
  const links = ((service['links'] ?? []) as string[]).map((link) => link.replace(/:.*/, ''));
  facts['depends_on'] = [...new Set([...Object.keys(depends_on), ...joined, ...links])].sort();
  return facts;
}

/** What reading has to get right, beyond one plain file. */
const cases: Readonly<Record<string, { files: Record<string, string>; args?: string[] }>> = {
  'an override': {
    files: {
      'compose.yml':
        'services:\n  a:\n    image: x:1\n    ports: ["80:80"]\n    cap_add: [CHOWN]\n    environment: { A: "1", B: "2" }\n    volumes: [data:/d, ./a:/a]\n    labels: [one=1]\nvolumes: { data: {} }\n',
      'compose.override.yml':
        'services:\n  a:\n    privileged: true\n    ports: ["127.0.0.1:81:81/udp"]\n    cap_add: [NET_ADMIN]\n    environment: [B=3, C=4]\n    volumes: ["./b:/a:ro"]\n    labels: { two: "2" }\n',
    },
  },
  'values taken away and replaced': {
    files: {
      'compose.yml':
        'services:\n  a:\n    image: x:1\n    ports: ["80:80"]\n    cap_add: [CHOWN]\n    privileged: true\n    environment: { A: "1" }\n',
      'compose.override.yml':
        'services:\n  a:\n    ports: !override ["81:81"]\n    cap_add: !reset []\n    privileged: !reset false\n',
    },
  },
  'include, with variables of its own': {
    files: {
      'compose.yml':
        'include:\n  - path: part/compose.yml\n    env_file: part/own.env\nservices:\n  a:\n    image: "x:${TAG}"\n',
      'part/compose.yml':
        'services:\n  b:\n    image: "y:${TAG}"\n    volumes: ["./conf:/conf:ro"]\n',
      'part/own.env': 'TAG=part\n',
      '.env': 'TAG=main\n',
    },
  },
  'extends, from this file and another': {
    files: {
      'compose.yml':
        'services:\n  a:\n    extends: { file: base/base.yml, service: base }\n    cap_add: [CHOWN]\n  b:\n    extends: a\n    image: z:2\n',
      'base/base.yml':
        'services:\n  base:\n    image: x:1\n    user: root\n    cap_add: [SYS_ADMIN]\n    volumes: ["./data:/data"]\n    environment: { A: "1" }\n',
    },
  },
  'merge keys and anchors': {
    files: {
      'compose.yml':
        'x-base: &base\n  image: x:1\n  environment: &env { A: "1", B: "2" }\n  privileged: true\nservices:\n  a:\n    <<: *base\n    environment:\n      <<: *env\n      B: "3"\n  b:\n    <<: [*base, { image: y:1, read_only: true }]\n    privileged: false\n',
    },
  },
  'variables of every form': {
    files: {
      'compose.yml':
        'services:\n  a:\n    image: "${REG:-docker.io}/x:${TAG-1}"\n    user: "${UID_:?needed}"\n    hostname: "${EMPTY:+set}${TAG:+set}"\n    labels:\n      cost: $$5\n      plain: "$TAG"\n      nested: "${NONE:-${TAG}}"\n    privileged: ${FLAG}\n    pids_limit: ${PIDS}\n',
      '.env': 'TAG=7\nUID_=1000\nEMPTY=\nFLAG=true\nPIDS=50\n',
    },
  },
  'files of variables, one over the other': {
    files: {
      'compose.yml':
        'services:\n  a:\n    image: x:1\n    env_file: [one.env, { path: two.env, required: false }, { path: gone.env, required: false }]\n    environment: { C: own }\n',
      'one.env': 'A=1\nB=2\nC=3\n',
      'two.env': '# more\nexport B="two words"\nD=\'$literal\'\nE=${A}x\n',
    },
  },
  profiles: {
    files: {
      'compose.yml':
        'services:\n  a:\n    image: x:1\n  b:\n    image: y:1\n    profiles: [debug]\n  c:\n    image: z:1\n    profiles: [other]\n',
    },
    args: ['debug'],
  },
  'notations of ports, volumes and lists': {
    files: {
      'compose.yml':
        'services:\n  a:\n    image: x:1\n    ports:\n      - "8080"\n      - "127.0.0.1:9000:90"\n      - "[::1]:9001:91"\n      - { target: 92, published: "9002", host_ip: 10.0.0.1, protocol: udp }\n    volumes:\n      - /anonymous\n      - data:/data:ro\n      - ~/home:/home2\n      - { type: bind, source: ./x, target: /x, read_only: true }\n      - { type: tmpfs, target: /t }\n    depends_on: { b: { condition: service_started } }\n    networks: { inner: { aliases: [one] } }\n    tmpfs: /tmp\n  b:\n    image: y:1\n    network_mode: host\n    group_add: [998, "adm"]\nnetworks: { inner: {} }\nvolumes: { data: {} }\n',
    },
  },
};

/** A value for each variable of a file, and the files that it names. */
function besides(text: string): Record<string, string> {
  const names = new Set(
    [...text.matchAll(/\$\{?([A-Za-z_]\w*)(?!\w|:?[-+])/g)].map(([, name = '']) => name),
  );
  // Nobody sets that one in a file.
  names.delete('PWD');
  const value = (name: string): string =>
    /HOME|DIR|PATH|LOCATION|FOLDER|ROOT|DATA|PROJECT|PWD|WORKSPACE/.test(name)
      ? `/srv/${name.toLowerCase()}`
      : '1000';
  const env = [...names].map((name) => `${name}=${value(name)}\n`).join('');
  const files = [...text.matchAll(/^\s*(?:- |env_file: *)(\S*\.env)\s*$/gm)];
  return {
    ...Object.fromEntries(files.map(([, file = '']) => [file, 'A_VARIABLE=a value\n'])),
    '.env': env,
  };
}

describe('a stack is read as Compose reads it', () => {
  let testbed: Testbed;
  beforeAll(async () => {
    testbed = await ensureTestbed();
  });

  /** Our reading beside that of each version of Compose; null where these refuse the files. */
  async function readingsOf(
    files: Readonly<Record<string, string>>,
    profiles?: readonly string[],
  ): Promise<{ ours: Record<string, Facts>; theirs: Record<string, Facts> }[] | null> {
    const folder = await mkdtemp(join(tmpdir(), 'jacker-reads-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    const chosen = (profiles ?? ['*']).flatMap((name) => ['--profile', name]);
    const said = await Promise.all(
      testbed.composeBinaries.map(({ dockerConfig }) =>
        execa('docker', ['compose', ...chosen, 'config', '--format', 'json', '--no-consistency'], {
          cwd: folder,
          // Variables of the machine are no part of the stack.
          env: { ...testbed.env, DOCKER_CONFIG: dockerConfig, HOME: folder, PWD: folder },
          extendEnv: false,
          reject: false,
        }),
      ),
    );
    const stack = await loadStack(nodeFileSystem(), {
      files: [join(folder, 'compose.yml')],
      shown: (path) => path,
      ...(profiles ? { profiles } : {}),
    });
    // What Compose cannot read is a gap for an audit, and never a pass.
    const refused = said.filter(({ exitCode }) => exitCode !== 0);
    if (refused.length > 0) {
      expect(refused).toHaveLength(said.length);
      expect(stack.gaps.length, refused[0]?.stderr).toBeGreaterThan(0);
      return null;
    }
    const facts = (all: Readonly<Record<string, ComposeService>>): Record<string, Facts> =>
      Object.fromEntries(
        Object.entries(all).map(([name, service]) => [name, factsOf(folder, service)]),
      );
    const ours = facts(stack.document.services);
    return said.map(({ stdout }) => {
      // What is printed could be read by Compose again: each dollar is written twice.
      const { services } = JSON.parse(stdout.replaceAll('$$', '$')) as {
        services: Record<string, ComposeService>;
      };
      return { ours, theirs: facts(services) };
    });
  }

  it.each(Object.entries(cases))('%s', async (_, { files, args }) => {
    const readings = (await readingsOf(files, args)) ?? [];
    expect(readings.length).toBe(testbed.composeBinaries.length);
    for (const { ours, theirs } of readings) expect(ours).toEqual(theirs);
  });

  it.each(corpusNames)('%s', async (name) => {
    const { text } = corpusFile(name);
    const readings = await readingsOf({ ...besides(text), 'compose.yml': text });
    for (const { ours, theirs } of readings ?? []) expect(ours).toEqual(theirs);
  });
});
