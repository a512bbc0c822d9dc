import type { ComposeService } from '../../harden/compose-model.ts';
import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

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
  attack: (context) =>
    probeContainers(context, id, 'processes started inside until refused', async (target) => {
      const wanted = (target.rendered && limitOf(target.rendered)) ?? 0;
      const bound = (wanted > 0 ? wanted : 200) + 50;
      const { stdout } = await context.engine.exec(
        target.facts.id,
        ['sh', '-c', forkChain(bound)],
        { timeoutMs: 30_000, signal: context.signal },
      );
      const reached = stdout.split('\n').filter((line) => line === '.').length;
      const expected = `stopped before ${bound}`;
      if (reached === 0) return { status: 'unknown', expected, seen: 'none could be started' };
      if (reached >= bound) return { status: 'fail', expected, seen: `${reached} were started` };
      const after = await context.engine.inspectContainer(target.facts.id);
      const unharmed = after?.state.running === true && after.state.pid === target.facts.state.pid;
      return {
        status: unharmed ? 'pass' : 'fail',
        expected: `${expected}, and the service lives on`,
        seen: `stopped at ${reached}${unharmed ? '' : ', and the service ended'}`,
      };
    }),
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

/**
 * A chain of processes, each the parent of the next, with a dot for each. The refusal ends the
 * last one and so all of them, one after the other: a crowd of children would be left to the
 * service's own process, and many programs never collect what they did not start themselves.
 */
function forkChain(bound: number): string {
  return `link() { echo .; [ $1 -ge ${bound} ] || ( link $(($1 + 1)) ); return 0; }; link 1 2>/dev/null; exit 0`;
}
