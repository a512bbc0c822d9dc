import type { ComposeService } from '../../harden/compose-model.ts';

/** The host's devices that a service names, in either notation. */
export function deviceSources(service: ComposeService): string[] {
  return (service.devices ?? []).flatMap((entry) => {
    if (typeof entry === 'string') return [entry.split(':')[0] ?? ''];
    const source = (entry as { source?: unknown } | null)?.source;
    return typeof source === 'string' ? [source] : [];
  });
}

/** The rules of a service for devices that it may make itself. */
export function deviceRulesOf(service: ComposeService): string[] {
  return [service['device_cgroup_rules'] ?? []].flat().map(String);
}

/**
 * Disks, memory, I/O ports, the kernel's log: whoever has one of them has the host.
 * Names: https://www.kernel.org/doc/html/latest/admin-guide/devices.html
 */
const takeover =
  /^\/dev(\/(mem|kmem|port|kmsg|root|(sd|hd|vd|xvd)[a-z]+\d*|nvme\d+(n\d+(p\d+)?)?|mmcblk\d+(p\d+)?|(dm-|md|loop|sg|ram|zd|nbd)\d+|disk\/.+|(mapper|disk|block)(\/.*)?|mapper|md\/.+))?\/?$/;

/** True for a device that gives its holder the host; false for graphics, sound, serial lines. */
export function isTakeoverDevice(path: string): boolean {
  return takeover.test(path);
}

const ruleForm = /^\s*([abc])\s+(\d+|\*):(\d+|\*)\s+[rwm]+\s*$/;
/** Minor numbers of the character devices with major number 1: mem, kmem, port, kmsg. */
const memoryMinors = new Set(['1', '2', '4', '11', '*']);

/** True for a rule that allows every device, any block device, or memory. */
export function isTakeoverRule(rule: string): boolean {
  const [, type, major, minor = ''] = ruleForm.exec(rule) ?? [];
  if (type === 'a' || type === 'b') return true;
  return type === 'c' && (major === '*' || (major === '1' && memoryMinors.has(minor)));
}
