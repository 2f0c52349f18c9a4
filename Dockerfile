FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt ./
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY schedules schedules
COPY email_templates email_templates
COPY worker worker
RUN /venv/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 postpurchase && mkdir -m 0700 /data && chown postpurchase /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    POSTPURCHASE_DATA_DIR=/data \
    POSTPURCHASE_LOG_JSON=true
USER postpurchase
WORKDIR /data
VOLUME /data
EXPOSE 8000
# For `up` and `web`; docker-compose.yml asks workers and beats otherwise.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=6 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/ready', timeout=3)"]
ENTRYPOINT ["postpurchase"]
CMD ["up", "--host", "0.0.0.0", "--port", "8000"]
