import type { ComposeService } from '../../harden/compose-model.ts';
import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-RES-04';
/** The kernel's own default for fs.nr_open: https://docs.kernel.org/admin-guide/sysctl/fs.html */
const ceiling = 1_048_576;

export const openFilesLimit: Control = {
  id,
  title: 'The number of open files is bounded',
  severity: 'low',
  domain: 'isolation',
  subject: 'service',
  why: "Without a limit of its own a container has the engine's, which many distributions set to infinity: one leak of descriptors then fills the table of the whole host.",
  references: ['CIS Docker Benchmark 5.19', 'OWASP Docker Security Cheat Sheet rule 7'],
  blindSpots: [
    'A default-ulimits setting of the engine is not seen in a file.',
    'nproc is not asked for: it counts the processes of a user across all containers; pids_limit counts those of one.',
  ],
  remedy: 'Set ulimits: nofile, to what the program needs (65536 is plenty for most).',
  static: (model) =>
    checkServices(model, id, ['ulimits'], (service, name) => {
      const hard = hardLimit(service);
      return {
        ...judge(hard),
        location: ['services', name, 'ulimits', ...(hard === undefined ? [] : ['nofile'])],
      };
    }),
  probe: (context) =>
    probeContainers(context, id, 'docker inspect HostConfig.Ulimits', ({ facts }) =>
      judge(facts.host.ulimits.find((limit) => limit.name === 'nofile')?.hard),
    ),
  examples: {
    pass: [
      exampleService({ ulimits: { nofile: 65536 } }),
      exampleService({ ulimits: { nofile: { soft: 4096, hard: 8192 }, core: 0 } }),
    ],
    fail: [
      exampleService({}),
      exampleService({ ulimits: { nofile: -1 } }),
      exampleService({ ulimits: { nproc: 512 } }),
      exampleService({ ulimits: { nofile: { soft: 1024, hard: 1_073_741_816 } } }),
    ],
  },
};

function judge(hard: number | undefined): {
  status: 'pass' | 'fail';
  expected: string;
  seen: string;
} {
  return {
    status: hard !== undefined && hard > 0 && hard <= ceiling ? 'pass' : 'fail',
    expected: `nofile of at most ${ceiling}`,
    seen: hard === undefined ? 'not set' : String(hard),
  };
}

/** A file of somebody else may hold anything here. */
function hardLimit(service: ComposeService): number | undefined {
  const all: unknown = service.ulimits;
  if (typeof all !== 'object' || all === null || !Object.hasOwn(all, 'nofile')) return undefined;
  const { nofile } = all as { nofile?: unknown };
  const hard =
    typeof nofile === 'object' && nofile !== null ? (nofile as { hard?: unknown }).hard : nofile;
  return typeof hard === 'number' || typeof hard === 'string' ? Number(hard) : undefined;
}
