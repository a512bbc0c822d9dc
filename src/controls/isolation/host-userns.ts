import { hostNamespaceControl } from './host-namespace.ts';

export const hostUserns = hostNamespaceControl({
  id: 'J-NS-05',
  severity: 'medium',
  name: 'user',
  key: 'userns_mode',
  setting: 'usernsMode',
  inspected: 'HostConfig.UsernsMode',
  why: 'On an engine with user namespaces it gives up that protection for the container.',
  references: ['CIS Docker Benchmark 5.31'],
});
