import { edgeService } from '../catalog/resolve-stack.ts';
import type { Stack } from '../catalog/stack.ts';
import type { ProbeContext } from '../controls/control.ts';
import {
  parseSnapshot,
  snapshotCommand,
  snapshotMark,
  type ContainerSnapshot,
} from '../controls/reading/container-snapshot.ts';
import type { ImageLock } from '../docker/image-lock.ts';
import type { Engine } from '../docker/engine.ts';
import type { ContainerFacts } from '../docker/facts.ts';
import { JackerError } from '../error.ts';
import type { ComposeDocument } from '../harden/compose-model.ts';
import type { Clock, Randomness } from '../io/world.ts';
import { projectLabel } from '../render/compose-file.ts';
import type { Settings } from '../settings/definition.ts';
import { createAttacker } from './attacker.ts';
import { createEdgeClient } from './edge-client.ts';
import { readEdgeTrust } from './edge-trust.ts';
import { createRedactor, type Redactor } from './redact.ts';

const composeProjectLabel = 'com.docker.compose.project';
const composeNetworkLabel = 'com.docker.compose.network';

/** What a context is made from. */
export interface ProbeInputs {
  stack: Stack;
  settings: Settings;
  rendered: ComposeDocument;
  engine: Engine;
  imageLock: ImageLock;
  /** A secret's content as the file has it. Rejects where there is none. */
  readSecret: (name: string) => Promise<string>;
  /** Where the edge listens. */
  edge: { bindAddress: string; port: number };
  /** The image of attack containers; see `createAttacker`. */
  toolbox: string;
  /** Where the engine is on this host: reads its files. */
  hostFile?: (path: string) => Promise<string | null>;
  internetTarget?: { host: string; port: number };
  clock: Clock;
  random: Randomness;
  signal: AbortSignal;
}

/** A context, and what takes secrets out of the texts that come of it. */
export interface PreparedProbes {
  context: ProbeContext;
  redact: Redactor;
}

/**
 * Looks up what runs and prepares probes and attacks on it. Only containers and networks that
 * carry the project's own labels are taken in: nothing else can become a target.
 */
export async function prepareProbes(inputs: ProbeInputs): Promise<PreparedProbes> {
  const { engine, stack, signal } = inputs;
  const containers = await ownContainers(engine, stack);
  const networks = new Map(
    (await engine.listNetworks({ project: stack.project })).flatMap((network) => {
      const name = network.labels[composeNetworkLabel];
      return name === undefined ? [] : [[name, network.name] as const];
    }),
  );
  const redact = createRedactor();
  const snapshots = new Map<string, Promise<ContainerSnapshot>>();
  const known = await readEdgeTrust({
    settings: inputs.settings,
    readSecret: (name) => inputs.readSecret(name).catch(() => null),
    engine,
    container: containers.get(edgeService)?.id,
  });
  const context: ProbeContext = {
    stack,
    settings: inputs.settings,
    rendered: inputs.rendered,
    containers,
    engine,
    host: await engine.info(),
    imageLock: inputs.imageLock,
    readSecret: async (name) => {
      const value = (await inputs.readSecret(name)).replace(/\r?\n$/, '');
      redact.add(value);
      return value;
    },
    snapshot: (service) => {
      const known = snapshots.get(service) ?? readSnapshot(service);
      snapshots.set(service, known);
      return known;
    },
    edge: createEdgeClient({ ...inputs.edge, ...known }, signal),
    attacker: createAttacker({
      engine,
      project: stack.project,
      toolbox: inputs.toolbox,
      containers,
      networks,
      signal,
    }),
    ...(inputs.hostFile ? { hostFile: inputs.hostFile } : {}),
    ...(inputs.internetTarget ? { internetTarget: inputs.internetTarget } : {}),
    clock: inputs.clock,
    random: inputs.random,
    signal,
  };
  return { context, redact };

  async function readSnapshot(service: string): Promise<ContainerSnapshot> {
    const facts = containers.get(service);
    if (!facts) {
      throw new JackerError('not-running', { what: `No container of ${service} runs` });
    }
    const mark = snapshotMark(inputs.random);
    const { stdout } = await engine.exec(facts.id, snapshotCommand(mark), {
      timeoutMs: 20_000,
      signal,
    });
    return parseSnapshot(stdout, mark);
  }
}

/**
 * The containers of the stack's services that carry the project's label, by service. Throws
 * `conflict` where Compose's label and Jacker's disagree: that container is not ours to touch.
 */
async function ownContainers(
  engine: Engine,
  stack: Stack,
): Promise<ReadonlyMap<string, ContainerFacts>> {
  const found = new Map<string, ContainerFacts>();
  const foreign: string[] = [];
  for (const summary of await engine.listContainers({ project: stack.project })) {
    if (summary.labels[composeProjectLabel] !== stack.project) continue;
    if (summary.labels[projectLabel] !== stack.project) {
      foreign.push(summary.name);
      continue;
    }
    const facts = await engine.inspectContainer(summary.id);
    if (facts && summary.service !== undefined) found.set(summary.service, facts);
  }
  if (foreign.length > 0) {
    throw new JackerError(
      'conflict',
      foreign.map((name) => ({
        what: `The container ${name} runs under the name of the project ${stack.project}, but is not Jacker's`,
        why: `it has no label ${projectLabel}=${stack.project}`,
        hint: 'Give one of the two projects another name: PROJECT_NAME in .env',
      })),
    );
  }
  return found;
}
