import type { ComposeService } from '../../harden/compose-model.ts';
import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-FS-02';
/** Mounts that the engine makes itself, in every container alike. */
const ownTargets = ['/dev', '/proc', '/sys', '/run/secrets'];

export const tmpfsFlags: Control = {
  id,
  title: 'Scratch folders are bounded and run nothing',
  severity: 'low',
  domain: 'isolation',
  subject: 'service',
  why: 'A scratch folder is where an intruder puts a program first, and what fills the memory of the host without a size.',
  references: ['OWASP Docker Security Cheat Sheet rule 8', 'NIST SP 800-190 4.4.3'],
  blindSpots: [
    'An interpreter in the image still runs a script from a noexec folder.',
    // https://docs.kernel.org/admin-guide/cgroup-v2.html#memory
    'Where the memory of the service has a limit, what is in a tmpfs counts towards it: a size is not asked for then.',
  ],
  remedy: 'Write tmpfs entries with a size (/tmp:size=64m), and without exec, suid and dev.',
  static: (model) =>
    checkServices(model, id, ['tmpfs', 'volumes'], (service, _, known) => {
      const expected = 'noexec, nosuid and a size on each';
      const isBounded = known === undefined && memoryLimit(service);
      const entries = [service.tmpfs ?? []].flat();
      const long = (service.volumes ?? []).flatMap((volume) =>
        typeof volume === 'object' && volume.type === 'tmpfs' ? [volume] : [],
      );
      if (entries.length + long.length === 0) {
        return { status: 'not-applicable', expected, seen: 'no tmpfs' };
      }
      const weak = [
        ...entries.filter((entry) => {
          const options = (entry.split(':')[1] ?? '').split(',');
          const sized = isBounded || options.some((option) => option.startsWith('size='));
          // The engine adds noexec, nosuid and nodev unless their opposite is written.
          return !sized || ['exec', 'suid', 'dev'].some((option) => options.includes(option));
        }),
        ...long
          .filter((volume) => !isBounded && volume.tmpfs?.size === undefined)
          .map((volume) => volume.target),
      ];
      return weak.length === 0
        ? { status: 'pass', expected, seen: `${entries.length + long.length} so` }
        : { status: 'fail', expected, seen: `without: ${weak.join(' ')}` };
    }),
  probe: (context) =>
    probeContainers(context, id, '/proc/self/mountinfo of each tmpfs', async ({ snapshot }) => {
      const expected = 'noexec, nosuid, nodev and a size on each';
      const folders = (await snapshot()).mounts.filter(
        (mount) =>
          mount.fsType === 'tmpfs' &&
          !ownTargets.some((own) => mount.target === own || mount.target.startsWith(`${own}/`)),
      );
      if (folders.length === 0) return { status: 'not-applicable', expected, seen: 'no tmpfs' };
      const weak = folders.filter(
        ({ options, superOptions }) =>
          !['noexec', 'nosuid', 'nodev'].every((flag) => options.includes(flag)) ||
          !superOptions.some((option) => option.startsWith('size=')),
      );
      return weak.length === 0
        ? { status: 'pass', expected, seen: folders.map((mount) => mount.target).join(' ') }
        : {
            status: 'fail',
            expected,
            seen: `without: ${weak.map((mount) => mount.target).join(' ')}`,
          };
    }),
  examples: {
    pass: [
      exampleService({ tmpfs: ['/tmp:noexec,nosuid,nodev,size=16m'] }),
      exampleService({ tmpfs: ['/tmp', '/run'], mem_limit: '128m' }),
    ],
    fail: [
      exampleService({ tmpfs: ['/tmp'] }),
      exampleService({ tmpfs: '/tmp:exec,size=16m' }),
      exampleService({ volumes: [{ type: 'tmpfs', target: '/tmp' }] }),
    ],
  },
};

/** True where the service's memory is bounded, in either notation. */
function memoryLimit(service: ComposeService): boolean {
  const { resources } = (service['deploy'] ?? {}) as {
    resources?: { limits?: { memory?: unknown } | null } | null;
  };
  return service.mem_limit !== undefined || resources?.limits?.memory !== undefined;
}
