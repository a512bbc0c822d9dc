import { hostNamespaceControl } from './host-namespace.ts';

export const hostNetwork = hostNamespaceControl({
  id: 'J-NS-01',
  severity: 'high',
  name: 'network',
  key: 'network_mode',
  setting: 'networkMode',
  inspected: 'HostConfig.NetworkMode',
  why: 'Such a container reaches everything that listens on the host, loopback included, and can listen itself.',
  references: ['CIS Docker Benchmark 5.10', 'NIST SP 800-190 4.4.2'],
});
