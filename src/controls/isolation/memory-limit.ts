import type { ComposeService } from '../../harden/compose-model.ts';
import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import { bytesOf } from '../compose/size.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-RES-01';

export const memoryLimit: Control = {
  id,
  title: 'Memory is bounded',
  severity: 'medium',
  domain: 'isolation',
  subject: 'service',
  why: "A leak in one service must end in its own container, not in the host's out-of-memory killer.",
  references: ['CIS Docker Benchmark 5.11', 'OWASP Docker Security Cheat Sheet rule 7'],
  blindSpots: [
    'Whether all limits together fit into the host is not looked at here.',
    "No memory is taken to see the limit at work: at the limit the kernel first takes the service's own cache, and where no limit is in force the host would pay.",
  ],
  remedy: 'Set mem_limit, and memswap_limit to the same figure.',
  static: (model) =>
    checkServices(model, id, ['mem_limit', 'deploy'], (service) => {
      const limit = limitOf(service);
      return {
        status: limit !== null && limit > 0 ? 'pass' : 'fail',
        expected: 'a positive limit',
        seen: limit === null ? 'not set' : `${limit} bytes`,
      };
    }),
  probe: (context) =>
    probeContainers(context, id, 'memory.max of the control group', async (target) => {
      const { memoryMax, limitFiles } = await target.snapshot();
      const wanted = target.rendered === undefined ? null : limitOf(target.rendered);
      const expected = wanted === null ? 'a limit' : `${wanted} bytes`;
      const read = limitFiles.memory;
      if (memoryMax === 'unreadable') return { status: 'unknown', expected, seen: memoryMax, read };
      const holds = typeof memoryMax === 'number' && (wanted === null || memoryMax === wanted);
      const seen = typeof memoryMax === 'number' ? `${memoryMax} bytes` : memoryMax;
      return { status: holds ? 'pass' : 'fail', expected, seen, read };
    }),
  examples: {
    pass: [
      exampleService({ mem_limit: '64m' }),
      exampleService({ deploy: { resources: { limits: { memory: '1g' } } } }),
    ],
    fail: [exampleService({}), exampleService({ mem_limit: 0 })],
  },
};

function limitOf(service: ComposeService): number | null {
  const { deploy } = service as {
    deploy?: { resources?: { limits?: { memory?: number | string } | null } | null } | null;
  };
  return bytesOf(service.mem_limit ?? deploy?.resources?.limits?.memory);
}
