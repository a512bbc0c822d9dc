import { isWithin } from './service-mounts.ts';

/** Folders that make their writer root, with everything below them. */
const rootTrees = [
  '/bin',
  '/boot',
  '/etc/apt',
  '/etc/cron.d',
  '/etc/cron.daily',
  '/etc/cron.hourly',
  '/etc/cron.monthly',
  '/etc/cron.weekly',
  '/etc/docker',
  '/etc/init.d',
  '/etc/ld.so.conf.d',
  '/etc/modprobe.d',
  '/etc/modules-load.d',
  '/etc/pam.d',
  '/etc/profile.d',
  '/etc/ssh',
  '/etc/sudoers.d',
  '/etc/sysctl.d',
  '/etc/systemd',
  '/etc/udev',
  '/lib',
  '/lib64',
  '/proc',
  '/sbin',
  '/sys/firmware',
  '/sys/fs/bpf',
  '/sys/fs/cgroup',
  '/sys/kernel',
  '/sys/module',
  '/usr/bin',
  '/usr/lib',
  '/usr/local/bin',
  '/usr/local/lib',
  '/usr/local/sbin',
  '/usr/sbin',
  '/var/spool/cron',
];
/** Folders and files for which that holds only as a whole: something below may be harmless. */
const rootPaths = new Set([
  '/',
  '/dev',
  '/etc',
  '/etc/crontab',
  '/etc/environment',
  '/etc/group',
  '/etc/gshadow',
  '/etc/ld.so.preload',
  '/etc/passwd',
  '/etc/profile',
  '/etc/rc.local',
  '/etc/shadow',
  '/etc/sudoers',
  '/home',
  '/root',
  '/sys',
  '/sys/fs',
  '/usr',
  '/usr/local',
  '/var',
  '/var/lib',
  '/var/lib/containerd',
  '/var/lib/docker',
  '/var/lib/docker/containers',
  '/var/lib/docker/overlay2',
  '/var/lib/docker/volumes',
  '/var/spool',
]);
/** Folders and files whose reader learns the secrets of the host or of other containers. */
const secretPaths = new Set([
  '/',
  '/dev',
  '/etc',
  '/etc/gshadow',
  '/etc/shadow',
  '/etc/ssh',
  '/etc/sudoers',
  '/etc/sudoers.d',
  '/etc/kubernetes',
  '/home',
  '/proc',
  '/root',
  '/var',
  '/var/lib',
  '/var/lib/containerd',
  '/var/lib/docker',
  '/var/lib/docker/containers',
  '/var/lib/docker/overlay2',
  '/var/lib/docker/volumes',
  '/var/lib/kubelet',
]);
/** What a home folder keeps keys and tokens in, and what its shell runs at the next login. */
const homeSecrets =
  /(^|\/)\.(ssh|gnupg|aws|azure|kube|docker|netrc|git-credentials|npmrc|pypirc|pgpass|vault-token|password-store|config\/(gcloud|gh|rclone|sops))(\/|$)/;
const homeScripts =
  /(^|\/)\.(bashrc|bash_profile|profile|zshrc|zprofile|config\/(systemd|autostart))(\/|$)/;
const mayBeOfHost = /^[/~$]/;
const home = /^(\/home\/[^/]+|\/root|~|\$HOME|\$\{HOME\})$/;

/** True for a path whose writer becomes root on the host, or the person whose home it is. */
export function isRootEquivalent(source: string): boolean {
  // Most mounts are of a volume, or of a folder of the project.
  if (!mayBeOfHost.test(source)) return false;
  const path = clean(source);
  return (
    rootPaths.has(path) ||
    home.test(path) ||
    rootTrees.some((tree) => isWithin(path, tree)) ||
    (isHostPath(path) && (homeSecrets.test(path) || homeScripts.test(path)))
  );
}

/** True for a path whose reader learns secrets that are not the service's own. */
export function holdsHostSecrets(source: string): boolean {
  const path = clean(source);
  return secretPaths.has(path) || home.test(path) || (isHostPath(path) && homeSecrets.test(path));
}

/** True for a home folder of the host, one of its key folders, or what is above all homes. */
export function isHomeOrKeys(source: string): boolean {
  const path = clean(source);
  return (
    ['/', '/home'].includes(path) ||
    home.test(path) ||
    (isHostPath(path) && homeSecrets.test(path)) ||
    isWithin(path, '/etc/ssh')
  );
}

/** A folder of the project, such as `./.ssh`, is its own matter. */
function isHostPath(path: string): boolean {
  return path.startsWith('/') || path.startsWith('~');
}

function clean(path: string): string {
  const collapsed = path.replaceAll(/\/{2,}/g, '/').replaceAll('/./', '/');
  return collapsed.length > 1 && collapsed.endsWith('/') ? collapsed.slice(0, -1) : collapsed;
}
