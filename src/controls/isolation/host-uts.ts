import { hostNamespaceControl } from './host-namespace.ts';

export const hostUts = hostNamespaceControl({
  id: 'J-NS-04',
  severity: 'medium',
  name: 'UTS',
  key: 'uts',
  setting: 'utsMode',
  inspected: 'HostConfig.UTSMode',
  why: 'Such a container may rename the host.',
  references: ['CIS Docker Benchmark 5.21'],
});
