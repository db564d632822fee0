/** How long a task takes this process, whatever else the machine does meanwhile. */

/** Does it, and returns for how long the process was at work, ms. What it waits for does not count. */
export const worked = (task: () => void): number => {
  const before = process.cpuUsage()
  task()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
