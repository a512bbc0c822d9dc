import { stringify } from 'yaml';
import type { Stack, StackNetwork, StackService } from '../../../src/catalog/stack.ts';
import type { Observation } from '../../../src/controls/control.ts';
import { controlById } from '../../../src/controls/registry.ts';
import type { ComposeDocument } from '../../../src/harden/compose-model.ts';
import type { SettingValue } from '../../../src/settings/definition.ts';
import { prepareProbes, type PreparedProbes } from '../../../src/verify/probe-context.ts';
import { runAttacks } from '../../../src/verify/run-attacks.ts';
import { runProbes } from '../../../src/verify/run-probes.ts';
import { createTestbedProject, type TestbedProject } from '../../docker/testbed-project.ts';
import { realRandom } from '../../secrets/fixtures.ts';

/** A Compose project of a test's own that probes and attacks take for Jacker's. */
export interface ProbeProject {
  testbed: TestbedProject;
  /** Looks at what runs now. */
  prepare(options: PrepareOptions): Promise<PreparedProbes>;
}

/** What a stack is, and what its containers should be like. */
export interface PrepareOptions {
  stack: Partial<Stack>;
  rendered: ComposeDocument;
  settings?: Record<string, SettingValue>;
  secrets?: Readonly<Record<string, string>>;
  imageLock?: Record<string, string>;
  internetTarget?: { host: string; port: number };
}

/** Writes the document, labelled as a project of Jacker's; nothing is started. */
export async function createProbeProject(document: ComposeDocument): Promise<ProbeProject> {
  const labels = { 'io.jacker.project': '${COMPOSE_PROJECT_NAME}' };
  const services = Object.fromEntries(
    Object.entries(document.services).map(([name, service]) => [
      name,
      { stop_grace_period: '0s', ...service, labels: { ...service.labels, ...labels } },
    ]),
  );
  const testbed = await createTestbedProject(stringify({ ...document, services }));
  return {
    testbed,
    prepare: ({ stack, rendered, settings = {}, secrets = {}, imageLock = {}, internetTarget }) =>
      prepareProbes({
        stack: { ...emptyStack, project: testbed.name, ...stack },
        settings: {
          values: { BIND_ADDRESS: '127.0.0.1', TLS_MODE: 'selfsigned', ...settings },
          sources: {},
        },
        rendered,
        engine: testbed.engine,
        imageLock,
        readSecret: async (name) => {
          const value = secrets[name];
          if (value === undefined) throw new Error(`the test has no secret ${name}`);
          return value;
        },
        edge: { bindAddress: '127.0.0.1', port: 1 },
        toolbox: testbed.testbed.images.node,
        ...(internetTarget ? { internetTarget } : {}),
        clock: { now: () => new Date() },
        random: realRandom,
        signal: new AbortController().signal,
      }),
  };
}

const emptyStack: Stack = {
  project: '',
  domain: 'twin.localhost',
  services: [],
  networks: [],
  secrets: [],
  routes: [],
  postgres: [],
  redis: [],
  volumes: [],
};

/** A service of a test's stack, without any need but what is given. */
export function stackService(name: string, part: Partial<StackService> = {}): StackService {
  const definition = { name, file: '', fragment: {}, manifest: { publishes: [] } };
  return {
    name,
    definition: definition as unknown as StackService['definition'],
    consumer: null,
    endpoints: [],
    networks: [],
    secrets: [],
    configs: [],
    dependsOn: [],
    exceptions: [],
    ...part,
  };
}

/** A network that exactly two services share. */
export function relation(a: string, b: string): StackNetwork {
  return { name: `${a}--${b}`, purpose: 'relation', members: [a, b], egress: false };
}

/** Runs one part of one control. */
export async function observe(
  prepared: PreparedProbes,
  control: string,
  part: 'probe' | 'attack',
): Promise<Observation[]> {
  const run = part === 'probe' ? runProbes : runAttacks;
  return run(prepared, [controlById(control)!]);
}

/** The one observation about a subject. */
export function about(observations: readonly Observation[], subject: string): Observation {
  const found = observations.filter((observation) => observation.subject === subject);
  if (found.length !== 1) {
    throw new Error(
      `${String(found.length)} observations about ${subject}: ${JSON.stringify(observations)}`,
    );
  }
  return found[0]!;
}
