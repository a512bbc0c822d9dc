import type { ContainerFacts } from '../../docker/facts.ts';
import type { ComposeService } from '../../harden/compose-model.ts';
import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import type { Control, ProbeContext } from '../control.ts';
import {
  probeContainers,
  type ContainerOutcome,
  type ContainerTarget,
} from '../reading/probe-containers.ts';

const id = 'MED-003';

export const pidsLimit: Control = {
  id,
  title: 'The number of processes is bounded',
  severity: 'medium',
  domain: 'isolation',
  subject: 'service',
  why: 'One container that forks without end takes the process table of the host, and every other service with it.',
  references: [
    'CIS Docker Benchmark 5.29',
    'OWASP Docker Security Cheat Sheet rule 7',
    'NIST SP 800-190 4.4.3',
    'J-RES-03',
  ],
  blindSpots: ['Whether the limit leaves the service enough room under load is not judged.'],
  remedy: 'Set pids_limit (200 is plenty for most services).',
  static: (model) =>
    checkServices(model, id, ['pids_limit', 'deploy'], (service) => {
      const limit = limitOf(service);
      return {
        status: limit !== undefined && limit > 0 ? 'pass' : 'fail',
        expected: 'a positive limit',
        seen: limit === undefined ? 'not set' : String(limit),
      };
    }),
  fix: ({ subject }, { document }) =>
    document.services[subject]?.['deploy'] === undefined
      ? [
          {
            service: subject,
            key: ['pids_limit'],
            // No program on one host needs as many, and the host has room for a few times more.
            change: { kind: 'set', value: 2048 },
            reason: 'a program that forks without end takes its own container only',
          },
        ]
      : // Compose refuses a limit beside another one under deploy.
        null,
  probe: (context) =>
    probeContainers(context, id, 'pids.max of the control group', async (target) => {
      const { pidsMax, limitFiles } = await target.snapshot();
      const wanted = target.rendered === undefined ? undefined : limitOf(target.rendered);
      const expected = wanted === undefined ? 'a limit' : String(wanted);
      const read = limitFiles.pids;
      if (pidsMax === 'unreadable') return { status: 'unknown', expected, seen: pidsMax, read };
      const holds = typeof pidsMax === 'number' && (wanted === undefined || pidsMax === wanted);
      return { status: holds ? 'pass' : 'fail', expected, seen: String(pidsMax), read };
    }),
  attack: (context) => {
    const inTurn = oneAtATime();
    return probeContainers(context, id, 'processes started inside until refused', (target) =>
      inTurn(() => attackWithForks(context, target)),
    );
  },
  examples: {
    pass: [
      exampleService({ pids_limit: 200 }),
      exampleService({ deploy: { resources: { limits: { pids: 100 } } } }),
    ],
    fail: [exampleService({}), exampleService({ pids_limit: -1 })],
  },
};

/** Either place where Compose takes the limit. */
function limitOf(service: ComposeService): number | undefined {
  // YAML may hold a text here.
  const own: unknown = service.pids_limit;
  if (own !== undefined) return Number(own);
  const { deploy } = service as {
    deploy?: { resources?: { limits?: { pids?: number | string } | null } | null } | null;
  };
  const pids = deploy?.resources?.limits?.pids;
  return pids === undefined ? undefined : Number(pids);
}

/** While one container is full, another one's must not be: its own storm would be to blame. */
function oneAtATime(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}

async function attackWithForks(
  context: ProbeContext,
  target: ContainerTarget,
): Promise<ContainerOutcome> {
  const wanted = (target.rendered && limitOf(target.rendered)) ?? 0;
  const bound = (wanted > 0 ? wanted : 200) + 50;
  const expected = `stopped before ${bound}, the service and its neighbours live on`;
  const { reached, ill } = await stormBeside(context, target, bound);
  if (reached === 0) return { status: 'unknown', expected, seen: 'none could be started' };
  if (reached >= bound) return { status: 'fail', expected, seen: `${reached} were started` };
  const after = await context.engine.inspectContainer(target.facts.id);
  const unharmed = after?.state.running === true && after.state.pid === target.facts.state.pid;
  if (!unharmed) {
    return { status: 'fail', expected, seen: `stopped at ${reached}, and the service ended` };
  }
  if (ill.length > 0) {
    // Whoever is ill without a storm, too, says nothing about this one.
    const still = await illNeighbours(context, target.service);
    const harmed = ill.filter((name) => !still.includes(name));
    return harmed.length > 0
      ? { status: 'fail', expected, seen: `stopped at ${reached}; ill: ${harmed.join(', ')}` }
      : { status: 'unknown', expected, seen: `ill anyway: ${still.join(', ')}` };
  }
  return {
    status: 'pass',
    expected,
    seen: `stopped at ${reached}, ${context.containers.size - 1} neighbours well`,
  };
}

/** Storms again and again until every neighbour has been asked how it is. */
async function stormBeside(
  context: ProbeContext,
  target: ContainerTarget,
  bound: number,
): Promise<{ reached: number; ill: readonly string[] }> {
  let ill: readonly string[] | undefined;
  const asked = illNeighbours(context, target.service).then((names) => {
    ill = names;
  });
  // Awaited below: a failure in between must not count as unhandled.
  asked.catch(() => undefined);
  let reached = 0;
  do {
    const { stdout } = await context.engine.exec(target.facts.id, ['sh', '-c', forkChain(bound)], {
      timeoutMs: 30_000,
      signal: context.signal,
    });
    const count = stdout.split('\n').filter((line) => line === '.').length;
    reached = Math.max(reached, count);
    // Without a limit nothing is left to be seen, and the host is spared more of it.
    if (count === 0 || count >= bound) break;
  } while (ill === undefined);
  await asked;
  return { reached, ill: ill ?? [] };
}

/**
 * The project's other services that do not run, or whose own health check fails now. One after the
 * other: all at once would be a load of its own, and not the storm's.
 */
async function illNeighbours(context: ProbeContext, service: string): Promise<string[]> {
  const ill: string[] = [];
  for (const [name, facts] of context.containers) {
    if (name !== service && !(await isWell(context, facts))) ill.push(name);
  }
  return ill;
}

async function isWell(context: ProbeContext, facts: ContainerFacts): Promise<boolean> {
  const now = await context.engine.inspectContainer(facts.id);
  if (now?.state.running !== true || now.state.pid !== facts.state.pid) return false;
  const [kind, ...test] = facts.config.healthcheck?.test ?? [];
  const argv = kind === 'CMD' ? test : kind === 'CMD-SHELL' ? ['sh', '-c', ...test] : null;
  if (argv === null) return true;
  const { exitCode } = await context.engine.exec(facts.id, argv, {
    timeoutMs: 30_000,
    signal: context.signal,
  });
  return exitCode === 0;
}

/**
 * A chain of processes, each the parent of the next, with a dot for each. The refusal ends the
 * last one and so all of them, one after the other: a crowd of children would be left to the
 * service's own process, and many programs never collect what they did not start themselves.
 */
function forkChain(bound: number): string {
  return `link() { echo .; [ $1 -ge ${bound} ] || ( link $(($1 + 1)) ); return 0; }; link 1 2>/dev/null; exit 0`;
}
