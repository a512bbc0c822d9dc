import * as z from 'zod';
import type { ContainerFacts, ContainerStats, ContainerSummary, PublishedPort } from '../facts.ts';
import { text, amount, flag, texts, textMap, listOf, mapOf, healthcheck } from './forms.ts';

const portBindings = mapOf(listOf(z.object({ HostIp: text, HostPort: text }))).transform((map) =>
  Object.entries(map).flatMap(([port, bindings]) =>
    bindings.map(({ HostIp, HostPort }): PublishedPort => {
      const [containerPort, protocol] = port.split('/');
      return {
        address: HostIp,
        hostPort: Number(HostPort || 0),
        containerPort: Number(containerPort),
        protocol: protocol ?? 'tcp',
      };
    }),
  ),
);

const hostConfig = z.object({
  Privileged: flag,
  CapAdd: texts,
  CapDrop: texts,
  SecurityOpt: texts,
  ReadonlyRootfs: flag,
  PidsLimit: amount,
  Memory: amount,
  MemorySwap: amount,
  MemoryReservation: amount,
  NanoCpus: amount,
  Ulimits: listOf(z.object({ Name: z.string(), Soft: z.number(), Hard: z.number() })),
  NetworkMode: text,
  PidMode: text,
  IpcMode: text,
  UTSMode: text,
  UsernsMode: text,
  CgroupnsMode: text,
  CgroupParent: text,
  Binds: texts,
  Tmpfs: textMap,
  PortBindings: portBindings,
  GroupAdd: texts,
  Init: z.boolean().nullish(),
  RestartPolicy: z.object({ Name: text, MaximumRetryCount: amount }).nullish(),
  LogConfig: z.object({ Type: text, Config: textMap }).nullish(),
  Devices: listOf(z.object({ PathOnHost: text, PathInContainer: text, CgroupPermissions: text })),
  DeviceCgroupRules: texts,
  DeviceRequests: listOf(z.unknown()),
  OomKillDisable: flag,
  OomScoreAdj: amount,
  Sysctls: textMap,
  ExtraHosts: texts,
  MaskedPaths: texts,
  ReadonlyPaths: texts,
  Runtime: text,
});

const containerSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  Created: text,
  Image: z.string(),
  RestartCount: amount,
  AppArmorProfile: text,
  HostConfig: hostConfig,
  Config: z.object({
    User: text,
    Image: text,
    Labels: textMap,
    Env: texts,
    Cmd: texts,
    Entrypoint: texts,
    Healthcheck: healthcheck,
    Tty: flag,
  }),
  State: z.object({
    Status: z.string(),
    Running: flag,
    Pid: amount,
    ExitCode: amount,
    StartedAt: text,
    FinishedAt: text,
    OOMKilled: flag,
    Error: text,
    Health: z.object({ Status: z.string(), Log: listOf(z.object({ Output: text })) }).nullish(),
  }),
  Mounts: listOf(
    z.object({
      Type: text,
      Name: text,
      Source: text,
      Destination: text,
      RW: flag,
      Propagation: text,
    }),
  ),
  NetworkSettings: z.object({
    Networks: mapOf(
      z.object({
        NetworkID: text,
        IPAddress: text,
        GlobalIPv6Address: text,
        Gateway: text,
        Aliases: texts,
      }),
    ),
  }),
});

/** `GET /containers/{id}/json`. */
export function readContainer(answer: unknown): ContainerFacts {
  const { Config, State, HostConfig: host, ...container } = containerSchema.parse(answer);
  const health = State.Health;
  return {
    id: container.Id,
    name: container.Name.replace(/^\//, ''),
    imageId: container.Image,
    created: container.Created,
    appArmorProfile: container.AppArmorProfile,
    config: {
      user: Config.User,
      image: Config.Image,
      labels: Config.Labels,
      env: Config.Env,
      cmd: Config.Cmd,
      entrypoint: Config.Entrypoint,
      healthcheck: Config.Healthcheck,
      tty: Config.Tty,
    },
    host: {
      privileged: host.Privileged,
      capAdd: host.CapAdd,
      capDrop: host.CapDrop,
      securityOpt: host.SecurityOpt,
      readonlyRootfs: host.ReadonlyRootfs,
      pidsLimit: host.PidsLimit,
      memory: host.Memory,
      memorySwap: host.MemorySwap,
      memoryReservation: host.MemoryReservation,
      nanoCpus: host.NanoCpus,
      ulimits: host.Ulimits.map(({ Name, Soft, Hard }) => ({ name: Name, soft: Soft, hard: Hard })),
      networkMode: host.NetworkMode,
      pidMode: host.PidMode,
      ipcMode: host.IpcMode,
      utsMode: host.UTSMode,
      usernsMode: host.UsernsMode,
      cgroupnsMode: host.CgroupnsMode,
      cgroupParent: host.CgroupParent,
      binds: host.Binds,
      tmpfs: host.Tmpfs,
      portBindings: host.PortBindings,
      groupAdd: host.GroupAdd,
      init: host.Init ?? null,
      restartPolicy: {
        name: host.RestartPolicy?.Name ?? '',
        maximumRetryCount: host.RestartPolicy?.MaximumRetryCount ?? 0,
      },
      logConfig: { type: host.LogConfig?.Type ?? '', config: host.LogConfig?.Config ?? {} },
      devices: host.Devices.map((device) => ({
        host: device.PathOnHost,
        container: device.PathInContainer,
        permissions: device.CgroupPermissions,
      })),
      deviceCgroupRules: host.DeviceCgroupRules,
      deviceRequests: host.DeviceRequests.length,
      oomKillDisable: host.OomKillDisable,
      oomScoreAdj: host.OomScoreAdj,
      sysctls: host.Sysctls,
      extraHosts: host.ExtraHosts,
      maskedPaths: host.MaskedPaths,
      readonlyPaths: host.ReadonlyPaths,
      runtime: host.Runtime,
    },
    state: {
      status: State.Status,
      running: State.Running,
      // Engines before 27 say `none` where there is no check.
      health: health && health.Status !== 'none' ? health.Status : null,
      lastHealthOutput: health?.Log.at(-1)?.Output ?? null,
      pid: State.Pid,
      restartCount: container.RestartCount,
      startedAt: State.StartedAt,
      finishedAt: State.FinishedAt,
      exitCode: State.ExitCode,
      oomKilled: State.OOMKilled,
      error: State.Error,
    },
    mounts: container.Mounts.map((mount) => ({
      type: mount.Type,
      source: mount.Type === 'volume' ? mount.Name : mount.Source,
      target: mount.Destination,
      writable: mount.RW,
      propagation: mount.Propagation,
    })),
    networks: Object.fromEntries(
      Object.entries(container.NetworkSettings.Networks).map(([name, network]) => [
        name,
        {
          networkId: network.NetworkID,
          ipAddress: network.IPAddress,
          ipv6Address: network.GlobalIPv6Address,
          gateway: network.Gateway,
          aliases: network.Aliases,
        },
      ]),
    ),
  };
}

const summarySchema = z.object({
  Id: z.string(),
  Names: texts,
  Image: text,
  ImageID: text,
  State: text,
  Status: text,
  Labels: textMap,
  Ports: listOf(z.object({ IP: text, PrivatePort: amount, PublicPort: amount, Type: text })),
});

/** `GET /containers/json`. */
export function readContainerList(answer: unknown): ContainerSummary[] {
  return z
    .array(summarySchema)
    .parse(answer)
    .map((container) => {
      const project = container.Labels['com.docker.compose.project'];
      const service = container.Labels['com.docker.compose.service'];
      return {
        id: container.Id,
        name: (container.Names[0] ?? '').replace(/^\//, ''),
        image: container.Image,
        imageId: container.ImageID,
        state: container.State,
        status: container.Status,
        labels: container.Labels,
        ...(project === undefined ? {} : { project }),
        ...(service === undefined ? {} : { service }),
        ports: container.Ports.filter((port) => port.PublicPort !== 0).map((port) => ({
          address: port.IP,
          hostPort: port.PublicPort,
          containerPort: port.PrivatePort,
          protocol: port.Type,
        })),
      };
    });
}

const statsSchema = z.object({
  memory_stats: z.object({ usage: amount, limit: amount, stats: mapOf(z.number()) }).nullish(),
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: amount }).nullish() }).nullish(),
  pids_stats: z.object({ current: amount, limit: amount }).nullish(),
  networks: mapOf(z.object({ rx_bytes: amount, tx_bytes: amount })),
});

/** `GET /containers/{id}/stats?stream=false`. */
export function readStats(answer: unknown): ContainerStats {
  const stats = statsSchema.parse(answer);
  const memory = stats.memory_stats;
  // Control groups v1 and v2 name the reclaimable page cache differently.
  const cache = memory?.stats['total_inactive_file'] ?? memory?.stats['inactive_file'] ?? 0;
  const networks = Object.values(stats.networks);
  return {
    memory: Math.max(0, (memory?.usage ?? 0) - cache),
    memoryLimit: memory?.limit ?? 0,
    pids: stats.pids_stats?.current ?? 0,
    pidsLimit: stats.pids_stats?.limit ?? 0,
    cpuTotal: stats.cpu_stats?.cpu_usage?.total_usage ?? 0,
    received: networks.reduce((sum, network) => sum + network.rx_bytes, 0),
    sent: networks.reduce((sum, network) => sum + network.tx_bytes, 0),
  };
}

const topSchema = z.object({ Titles: texts, Processes: listOf(z.array(z.string())) });

/** `GET /containers/{id}/top`: one record per process, by column title. */
export function readTop(answer: unknown): Record<string, string>[] {
  const { Titles, Processes } = topSchema.parse(answer);
  return Processes.map((values) =>
    Object.fromEntries(Titles.map((title, index) => [title, values[index] ?? ''])),
  );
}
