/** All keys that there are to see. */
import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useMay } from "../../api/session.ts";
import { Page } from "../../shell/page.tsx";
import { KeyList } from "./key-list.tsx";

const NewKeyDrawer = lazy(() => import("./new-key-drawer.tsx").then((file) => ({ default: file.NewKeyDrawer })));

const route = getRouteApi("/inside/keys");

export function KeysPage() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/keys" });
  const mayWrite = useMay("keys:write");
  const [isCreating, setCreating] = useState(false);
  const create = mayWrite && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setCreating(true)}>
      New key
    </Button>
  );

  return (
    <Page
      title="Keys"
      about="What opens the API. Each key is limited, watched and revoked on its own."
      actions={create}
    >
      <KeyList
        search={search}
        onSearch={(change) => navigate({ search: (before) => ({ ...before, ...change }), replace: true })}
        create={create}
      />
      {isCreating && (
        <Suspense>
          <NewKeyDrawer onClose={() => setCreating(false)} accountId={search.accountId} />
        </Suspense>
      )}
    </Page>
  );
}
