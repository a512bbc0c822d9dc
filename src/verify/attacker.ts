import type { Attacker, DialResult, DialTask, Position } from '../controls/position/attacker.ts';
import { dialProgram } from '../controls/position/dial-program.ts';
import type { CommandResult } from '../docker/exec.ts';
import type { Engine } from '../docker/engine.ts';
import type { ContainerFacts } from '../docker/facts.ts';
import { JackerError } from '../error.ts';

/** The label of every container that an attack starts; its value is the project. */
export const attackLabel = 'io.jacker.attack';
/** A user that no service has. */
const attackUser = '65534:65534';
const attackMemory = 256 * 1024 * 1024;

/** What {@link createAttacker} works with. */
export interface AttackerInputs {
  engine: Engine;
  project: string;
  /** An image with Node 22 or newer as `node`. */
  toolbox: string;
  containers: ReadonlyMap<string, ContainerFacts>;
  /** The engine's network by the stack's name of it; only the project's own. */
  networks: ReadonlyMap<string, string>;
  signal: AbortSignal;
}

/**
 * Starts throwaway containers inside the stack: without a capability, on a read-only root, under a
 * label, removed whatever happens.
 */
export function createAttacker(inputs: AttackerInputs): Attacker {
  const { engine, project, signal } = inputs;
  const run: Attacker['run'] = (position, { image, argv, stdin, user }) =>
    engine.runOnce({
      image,
      argv,
      user: user ?? attackUser,
      networks: networksOf(position, inputs),
      labels: { [attackLabel]: project },
      mounts: [{ type: 'tmpfs', target: '/tmp', sizeBytes: 16 * 1024 * 1024 }],
      memory: attackMemory,
      pids: 100,
      timeoutMs: 60_000,
      ...(stdin === undefined ? {} : { stdin }),
      signal,
    });
  return {
    run,
    dial: async (position, tasks) =>
      tasks.length === 0
        ? []
        : readResults(
            await run(position, {
              image: inputs.toolbox,
              argv: ['node', '-'],
              stdin: dialProgram(tasks),
            }),
            tasks,
          ),
  };
}

/** `container:ID` shares the network namespace of a container. */
function networksOf(position: Position, inputs: AttackerInputs): string[] {
  if ('service' in position) {
    const container = inputs.containers.get(position.service);
    if (container) return [`container:${container.id}`];
    throw notThere(`No container of ${position.service} runs`);
  }
  return position.networks.map((name) => {
    const network = inputs.networks.get(name);
    if (network !== undefined) return network;
    throw notThere(`The engine has no network ${name} of this project`);
  });
}

function notThere(what: string): JackerError {
  return new JackerError('not-running', { what, hint: 'Look at the services: jacker status' });
}

function readResults(result: CommandResult, tasks: readonly DialTask[]): DialResult[] {
  const parsed: unknown = result.exitCode === 0 ? JSON.parse(result.stdout) : null;
  if (Array.isArray(parsed) && parsed.length === tasks.length) return parsed as DialResult[];
  throw new JackerError('docker-failed', {
    what: `The program of an attack ended with exit code ${result.exitCode} and no result`,
    hint: 'Check that the toolbox image has Node: docker run --rm IMAGE node --version',
  });
}
