import { freePorts } from '../servers/index.ts';

/** Variables that give a stack a folder and free ports of its own, so that any number can run side by side. */
export async function stackPlace(dataDir: string): Promise<Readonly<Record<string, string>>> {
  const [router, legacy, product, control, legacyDb, productDb, lambda, dynamodb, nats] = await freePorts(9);
  return {
    BANYAN_DATA_DIR: dataDir,
    BANYAN_ROUTER_PORT: String(router),
    BANYAN_LEGACY_PORT: String(legacy),
    BANYAN_PRODUCT_PORT: String(product),
    BANYAN_CONTROL_PORT: String(control),
    BANYAN_LEGACY_DB_PORT: String(legacyDb),
    BANYAN_PRODUCT_DB_PORT: String(productDb),
    BANYAN_LAMBDA_PORT: String(lambda),
    BANYAN_DYNAMODB_PORT: String(dynamodb),
    BANYAN_NATS_PORT: String(nats),
  };
}
