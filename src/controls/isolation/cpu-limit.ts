import type { ComposeService } from '../../harden/compose-model.ts';
import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-RES-02';

export const cpuLimit: Control = {
  id,
  title: 'CPU time is bounded',
  severity: 'low',
  domain: 'isolation',
  subject: 'service',
  why: 'A service that computes without end (or mines for somebody) must not starve the others.',
  references: ['CIS Docker Benchmark 5.12', 'OWASP Docker Security Cheat Sheet rule 7'],
  blindSpots: ['CPU shares, which only matter when the host is busy, do not count as a bound.'],
  remedy: 'Set cpus to what the service may use at most.',
  static: (model) =>
    checkServices(model, id, ['cpus', 'deploy'], (service) => {
      const limit = limitOf(service);
      return {
        status: limit !== undefined && limit > 0 ? 'pass' : 'fail',
        expected: 'a positive limit',
        seen: limit === undefined ? 'not set' : String(limit),
      };
    }),
  probe: (context) =>
    probeContainers(context, id, 'cpu.max of the control group', async (target) => {
      const { cpuMax, limitFiles } = await target.snapshot();
      const wanted = target.rendered === undefined ? undefined : limitOf(target.rendered);
      const expected = wanted === undefined ? 'a limit' : String(wanted);
      const read = limitFiles.cpu;
      if (cpuMax === 'unreadable') return { status: 'unknown', expected, seen: cpuMax, read };
      const holds =
        typeof cpuMax === 'number' && (wanted === undefined || Math.abs(cpuMax - wanted) < 0.01);
      return { status: holds ? 'pass' : 'fail', expected, seen: String(cpuMax), read };
    }),
  examples: {
    pass: [
      exampleService({ cpus: 0.5 }),
      exampleService({ deploy: { resources: { limits: { cpus: '2' } } } }),
    ],
    fail: [exampleService({}), exampleService({ cpus: 0 })],
  },
};

function limitOf(service: ComposeService): number | undefined {
  const { deploy } = service as {
    deploy?: { resources?: { limits?: { cpus?: number | string } | null } | null } | null;
  };
  const cpus = service.cpus ?? deploy?.resources?.limits?.cpus;
  return cpus === undefined ? undefined : Number(cpus);
}
