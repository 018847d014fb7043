import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import type { Side } from '../../common/side.ts';
import { compareRows, type RowsCompared } from './compare-rows.ts';
import { judgeRows, type LedgerVerdict, type StoredProduct } from './judge-rows.ts';
import { type Ledger, tokenOf } from './ledger.ts';

export interface Audit {
  readonly tables: RowsCompared;
  /** The ledger held against each database. */
  readonly legacy: LedgerVerdict;
  readonly service: LedgerVerdict;
}

/** Holds both databases against the ledger and against each other. Traffic has stopped and the logs are empty by now. */
export async function auditDatabases(
  databases: { readonly legacy: DatabaseEndpoint; readonly product: DatabaseEndpoint },
  ledger: Ledger,
): Promise<Audit> {
  // Only rows that a writer touched, or that carry a token, matter to the ledger.
  const touched: Record<Side, StoredProduct[]> = { legacy: [], service: [] };
  const sides = { legacy: databases.legacy, service: databases.product };
  const tables = await compareRows(sides, 'products', (side, { id, sku, name }) => {
    const product = { id: String(id), sku: String(sku), name: String(name) };
    if (ledger.row(product.sku) !== undefined || tokenOf(product.name) !== null) touched[side].push(product);
  });
  return {
    tables,
    legacy: judgeRows(ledger, touched.legacy),
    service: judgeRows(ledger, touched.service),
  };
}
