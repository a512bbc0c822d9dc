import { hostNamespaceControl } from './host-namespace.ts';

export const hostIpc = hostNamespaceControl({
  id: 'J-NS-03',
  severity: 'high',
  name: 'IPC',
  key: 'ipc',
  setting: 'ipcMode',
  inspected: 'HostConfig.IpcMode',
  why: 'Such a container reads and writes the shared memory of every program on the host.',
  references: ['CIS Docker Benchmark 5.17'],
});
