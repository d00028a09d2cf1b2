/**
 * Lets one partition of a process decide while no other does: should the process end meanwhile, it
 * was that decision which ended it. Else a command of one partition would be blamed for what
 * another did to the process.
 */
export class Solitude {
  private sharing = 0;
  private alone: Promise<void> | null = null;
  private tellIdle: () => void = () => undefined;

  /** Works beside others, once nobody is alone. */
  async share<T>(work: () => Promise<T>): Promise<T> {
    while (this.alone !== null) await this.alone;
    this.sharing += 1;
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  /** Goes on beside others with what somebody who shares has begun: nobody is alone meanwhile. */
  linger(work: Promise<unknown>): void {
    this.sharing += 1;
    const leave = () => this.leave();
    work.then(leave, leave);
  }

  private leave(): void {
    this.sharing -= 1;
    if (this.sharing === 0) this.tellIdle();
  }

  /** Works alone: what others have begun is done before, and they begin nothing meanwhile. */
  async keep<T>(work: () => Promise<T>): Promise<T> {
    while (this.alone !== null) await this.alone;
    let leave: () => void = () => undefined;
    this.alone = new Promise((resolve) => (leave = resolve));
    try {
      const idle = new Promise<void>((resolve) => (this.tellIdle = resolve));
      if (this.sharing > 0) await idle;
      return await work();
    } finally {
      this.alone = null;
      leave();
    }
  }
}
