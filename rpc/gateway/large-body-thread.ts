import { parentPort, workerData } from 'node:worker_threads';
import { httpService } from '../http/http-service.ts';
import { newWriter } from '../wire/protocols.ts';
import type { Job, JobResult, ThreadData } from './large-body-job.ts';
import { problemOf } from './problems.ts';
import { incoming, requestPlans, takeApart } from './request-plan.ts';

// A thread of its own: parses large bodies and writes them as Thrift, one after the other.
const { idl, service, unknownMembers, protocol } = workerData as ThreadData;
const plans = requestPlans(httpService(idl, service), unknownMembers);
const writer = newWriter(protocol);

async function done({ rpcMethod, input, cursor, context, remainingMs }: Job): Promise<JobResult> {
  try {
    const plan = plans.get(rpcMethod)!;
    const { buffer, byteOffset, byteLength } = input.body;
    // Names that clients choose meet no prototype, on either side of the copy.
    const params: Record<string, string> = Object.assign(Object.create(null), input.params);
    const body = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
    const request = incoming({ ...input, params, body });
    request.call = { context, deadlineAt: performance.now() + remainingMs };
    request.cursor = cursor;
    await takeApart(plan, request);
    writer.reset();
    plan.write(writer, request);
    return { bytes: new Uint8Array(writer.copy()) };
  } catch (error) {
    return { found: problemOf(error, rpcMethod) };
  }
}

parentPort!.on('message', async (job: Job) => {
  const result = await done(job);
  parentPort!.postMessage(result, 'bytes' in result ? [result.bytes.buffer as ArrayBuffer] : []);
});
