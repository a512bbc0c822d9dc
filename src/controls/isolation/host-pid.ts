import { hostNamespaceControl } from './host-namespace.ts';

export const hostPid = hostNamespaceControl({
  id: 'J-NS-02',
  severity: 'high',
  name: 'process',
  key: 'pid',
  setting: 'pidMode',
  inspected: 'HostConfig.PidMode',
  why: 'Such a container sees every process of the host, its arguments and environment, and may signal it.',
  references: ['CIS Docker Benchmark 5.16'],
});
