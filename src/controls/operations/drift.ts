import type { ContainerFacts } from '../../docker/facts.ts';
import type { ComposeService } from '../../harden/compose-model.ts';
import { mountsOf } from '../compose/service-mounts.ts';
import { portsOf } from '../compose/service-ports.ts';
import type { Control } from '../control.ts';
import { capabilityName } from '../reading/capability.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-RUN-01';
const expected = 'as it was rendered';

export const drift: Control = {
  id,
  title: 'What runs is what was rendered',
  severity: 'medium',
  domain: 'operations',
  subject: 'service',
  why: 'A container that was started by hand, or before the last change, keeps what it was started with: the files say hardened, and the container is not.',
  references: ['NIST SP 800-190 4.4.4'],
  blindSpots: [
    'Compared are image, user, privileges, capabilities, security options, read-only root, mounts, ports and the shared namespaces; environment and command are not, because they may hold secrets.',
    'Contents of mounted files are the matter of `jacker plan`.',
  ],
  remedy: 'Start the service anew from the files: jacker up.',
  probe: (context) =>
    probeContainers(context, id, 'docker inspect Config, HostConfig, Mounts', (target) => {
      const { facts, rendered } = target;
      if (!rendered) return { status: 'unknown', expected, seen: 'it was not rendered' };
      const differences = comparisons(rendered, facts).filter(
        ([, wanted, found]) => wanted !== found,
      );
      return {
        status: differences.length === 0 ? 'pass' : 'fail',
        expected,
        seen:
          differences
            .map(([what, wanted, found]) => `${what}: ${found || 'none'}, not ${wanted || 'none'}`)
            .join('; ') || 'the same',
      };
    }),
};

/** What is compared, as it should be and as it is, in one notation. */
function comparisons(
  rendered: ComposeService,
  { config, host, mounts }: ContainerFacts,
): [what: string, wanted: string, found: string][] {
  const { image, user } = rendered;
  return [
    ...(image === undefined ? [] : [['image', image, config.image] as [string, string, string]]),
    // Without user: the image's own is in force.
    ...(user === undefined ? [] : [['user', user, config.user] as [string, string, string]]),
    ['privileged', String(rendered.privileged ?? false), String(host.privileged)],
    ['cap_drop', names(rendered.cap_drop), names(host.capDrop)],
    ['cap_add', names(rendered.cap_add), names(host.capAdd)],
    ['security_opt', options(rendered.security_opt), options(host.securityOpt)],
    ['read_only', String(rendered.read_only ?? false), String(host.readonlyRootfs)],
    ['mounts', wantedMounts(rendered), foundMounts(mounts)],
    ['ports', wantedPorts(rendered), foundPorts(host)],
    ['pid', shared(rendered.pid), shared(host.pidMode)],
    ['network_mode', shared(rendered.network_mode), shared(host.networkMode)],
  ];
}

function names(capabilities: readonly string[] | undefined): string {
  return list((capabilities ?? []).map(capabilityName));
}

/** A seccomp profile is in the container as its whole text: only that there is one is compared. */
function options(found: readonly string[] | undefined): string {
  return list(
    (found ?? [])
      // It empties two lists of paths and is no option any more afterwards.
      .filter((option) => !option.startsWith('systempaths'))
      .map((option) => option.replace(/^([a-z-]+)[:=]/, '$1='))
      .map((option) =>
        /^seccomp=(?!unconfined$)/.test(option) ? 'seccomp=profile' : option.replace(/=true$/, ''),
      ),
  );
}

function wantedMounts(rendered: ComposeService): string {
  const files = [rendered.secrets ?? [], rendered.configs ?? []].flatMap((entries, index) =>
    entries.map((entry) => {
      const { source = '', target } = (
        typeof entry === 'string' ? { source: entry } : (entry ?? {})
      ) as { source?: string; target?: string };
      const folder = index === 0 ? '/run/secrets/' : '/';
      const path = target ?? source;
      return { target: path.startsWith('/') ? path : `${folder}${path}`, readOnly: true };
    }),
  );
  return list(
    [...mountsOf(rendered).filter((mount) => mount.type !== 'tmpfs'), ...files].map(
      (mount) => `${mount.target} ${mount.readOnly ? 'ro' : 'rw'}`,
    ),
  );
}

/** A volume without a name is the image's own wish, not the file's. */
function foundMounts(mounts: ContainerFacts['mounts']): string {
  return list(
    mounts
      .filter((mount) => mount.type === 'bind' || mount.type === 'volume')
      .filter((mount) => !/^[0-9a-f]{64}$/.test(mount.source))
      .map((mount) => `${mount.target} ${mount.writable ? 'rw' : 'ro'}`),
  );
}

function wantedPorts(rendered: ComposeService): string {
  return list(
    portsOf(rendered).map(
      ({ address, published, target, protocol }) =>
        `${address}:${Number(published) || '*'}:${target}/${protocol}`,
    ),
  );
}

function foundPorts(host: ContainerFacts['host']): string {
  return list(
    host.portBindings.map(
      ({ address, hostPort, containerPort, protocol }) =>
        `${address}:${hostPort || '*'}:${containerPort}/${protocol}`,
    ),
  );
}

/** Only what is shared: a network's name is what the engine makes of it. */
function shared(mode: string | undefined): string {
  const [kind = ''] = (mode ?? '').split(':');
  if (kind === 'service' || kind === 'container') return 'shared';
  return kind === 'host' || kind === 'none' ? kind : '';
}

function list(texts: readonly string[]): string {
  return [...texts].sort().join(', ');
}
