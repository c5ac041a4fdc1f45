# The application alone: give it DATABASE_URL and REDIS_URL (see compose.yaml).

FROM node:24-bookworm-slim AS web
WORKDIR /build/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY schema.graphql /build/schema.graphql
COPY web/ ./
RUN npm run build

FROM python:3.11-slim-bookworm AS python
RUN python -m venv /opt/wardline
COPY requirements/runtime.txt /build/runtime.txt
RUN /opt/wardline/bin/pip install --no-cache-dir --require-hashes --only-binary :all: \
    -r /build/runtime.txt

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/wardline --create-home wardline
ENV PATH=/opt/wardline/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    WARDLINE_HOME=/var/lib/wardline
WORKDIR /srv/wardline
COPY --from=python /opt/wardline /opt/wardline
COPY --from=web /build/web/dist web/dist
COPY pyproject.toml schema.graphql LICENSE ./
COPY app app
COPY subscriptions subscriptions
COPY schema schema
COPY resolvers resolvers
COPY models models
COPY migrations migrations
USER wardline
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/livez\", timeout=2)"]
ENTRYPOINT ["python", "-m", "app"]
CMD ["serve"]
